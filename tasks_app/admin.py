"""Tasks for staff, to be looked at. Writing and dialling is done through the API, by its rules."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks_app.models import Analysis, Task
from tasks_app.services import call_analyse
from telephony.unchangeable import HistoryAdmin


@admin.register(Task)
class TaskAdmin(HistoryAdmin):
    """The walk-away point is not shown: it is the owner's and the agent's."""

    list_display = ("id", "task_type", "target_phone", "status", "outcome", "owner", "created_at", "ended_at")
    list_filter = ("status", "outcome", "task_type", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "target_phone", "objective", "owner__username")
    date_hierarchy = "created_at"
    exclude = ("walkaway_point",)
    readonly_fields = ("id", "has_walkaway_point")

    @admin.display(boolean=True)
    def has_walkaway_point(self, task: Task) -> bool:
        return bool(task.walkaway_point)


@admin.register(Analysis)
class AnalysisAdmin(HistoryAdmin):
    """What the model wrote is not shown: it has read the walk-away point, and may repeat it."""

    list_display = (
        "call_id",
        "state",
        "outcome",
        "provider",
        "model",
        "attempts",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "outcome", "provider", "created_at")
    search_fields = ("id", "call__id", "call__task__id")
    date_hierarchy = "created_at"
    exclude = ("raw_answer",)
    readonly_fields = ("id", "created_at")
    actions = ("analyse_again",)

    @admin.action(description="Analyse again", permissions=("view",))
    def analyse_again(self, request: HttpRequest, chosen: QuerySet[Analysis]) -> None:
        calls = {analysis.call_id: analysis.call for analysis in chosen.select_related("call")}
        for call in calls.values():
            call_analyse(call=call)
        messages.success(request, f"{len(calls)} calls are being judged again.")
