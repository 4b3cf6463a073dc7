"""Tasks and verdicts for staff, to be looked at. Writing is done through the API, by its rules."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tasks_app.admin_actions import Operating, analyse_calls, dial_tasks, stop_calls
from tasks_app.call_admin import CallAdmin
from tasks_app.models import Analysis, Task
from telephony.admin_base import HistoryAdmin, OfCallAdmin, Unchangeable, list_link, row_link
from telephony.lifecycle import LIVE
from telephony.models import Call

admin.site.register(Call, CallAdmin)


class CallInline(Unchangeable, admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = Call
    fields = ("call_link", "state", "ended_reason", "created_at", "duration_seconds")
    readonly_fields = fields
    ordering = ("-created_at",)
    extra = 0

    @admin.display(description="call")
    def call_link(self, call: Call) -> SafeString:
        return row_link("telephony_call", call.pk)


@admin.register(Task)
class TaskAdmin(Operating, HistoryAdmin):
    """The walk-away point is not shown: it is the owner's and the agent's."""

    list_display = (
        "short_id",
        "task_type",
        "target_phone",
        "status",
        "outcome",
        "owner",
        "created_at",
        "ended_at",
        "calls_link",
    )
    list_filter = ("status", "outcome", "task_type", "style", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "target_phone", "objective", "owner__username")
    search_help_text = "The id of a task, digits of a number, words of the objective, or an owner."
    date_hierarchy = "created_at"
    exclude = ("walkaway_point",)
    readonly_fields = ("id", "has_walkaway_point")
    inlines = (CallInline,)
    actions = ("call_again", "stop", "analyse_again")

    @admin.display(description="task", ordering="id")
    def short_id(self, task: Task) -> str:
        return str(task.pk)[:8]

    @admin.display(description="calls")
    def calls_link(self, task: Task) -> SafeString:
        return list_link("telephony_call", "show", task__id__exact=task.pk)

    @admin.display(boolean=True)
    def has_walkaway_point(self, task: Task) -> bool:
        return bool(task.walkaway_point)

    @admin.action(description="Call again", permissions=("operate",))
    def call_again(self, request: HttpRequest, chosen: QuerySet[Task]) -> None:
        dial_tasks(request, list(chosen))

    @admin.action(description="Stop the call", permissions=("operate",))
    def stop(self, request: HttpRequest, chosen: QuerySet[Task]) -> None:
        stop_calls(request, Call.objects.filter(task__in=chosen, state__in=LIVE))

    @admin.action(description="Judge the latest call again", permissions=("operate",))
    def analyse_again(self, request: HttpRequest, chosen: QuerySet[Task]) -> None:
        oldest_first = Call.objects.filter(task__in=chosen).order_by("created_at", "id")
        analyse_calls(request, {call.task_id: call for call in oldest_first}.values())


@admin.register(Analysis)
class AnalysisAdmin(Operating, OfCallAdmin):
    """What the model wrote is not shown: it has read the walk-away point, and may repeat it."""

    list_display = (
        "short_id",
        "call_link",
        "state",
        "outcome",
        "provider",
        "model",
        "attempts",
        "failure",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "outcome", "simulated", "created_at")
    search_fields = ("id", "call__id", "call__task__id")
    search_help_text = "The id of a verdict, a call or a task."
    date_hierarchy = "created_at"
    exclude = ("raw_answer", "call")
    readonly_fields = ("id", "call_link", "created_at")
    actions = ("analyse_again",)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first: its primary key knows no order."""
        return ("-created_at",)

    @admin.display(description="verdict", ordering="id")
    def short_id(self, analysis: Analysis) -> str:
        return str(analysis.pk)[:8]

    @admin.action(description="Judge again", permissions=("operate",))
    def analyse_again(self, request: HttpRequest, chosen: QuerySet[Analysis]) -> None:
        analyse_calls(request, {row.call_id: row.call for row in chosen.select_related("call")}.values())
