"""Tasks for staff, to be looked at. Writing and dialling is done through the API, by its rules."""

from __future__ import annotations

from django.contrib import admin

from tasks_app.models import Task
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
