"""Calls for staff: to find them, to see what belongs to them, and to stop or judge them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tasks_app.admin_actions import Operating, analyse_calls, stop_calls
from telephony.admin_base import HistoryAdmin, Unchangeable, list_link, row_link
from telephony.ended_reasons import ENDED_REASONS, NOT_PRODUCED
from telephony.models import Call, Turn


class TurnInline(Unchangeable, admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = Turn
    fields = ("number", "speaker", "text", "start_ms", "end_ms", "heard", "heard_text")
    extra = 0


class EndedReasonFilter(admin.SimpleListFilter):
    """In words; the field's own values would need a query, and have an empty one."""

    title = "how it ended"
    parameter_name = "ended_reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        reasons = (reason for reason in ENDED_REASONS.values() if reason.code not in NOT_PRODUCED)
        return [(reason.code, reason.sentence) for reason in reasons]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        return queryset.filter(ended_reason=self.value()) if self.value() else queryset


class CallAdmin(Operating, HistoryAdmin):
    """The brief is not shown: it holds the walk-away point."""

    list_display = (
        "short_id",
        "task_link",
        "to_number",
        "state",
        "ended_reason",
        "created_at",
        "duration_seconds",
        "owner",
        "events_link",
    )
    list_filter = ("state", "simulated", "created_at", EndedReasonFilter)
    list_select_related = ("owner",)
    search_fields = ("id", "task__id", "call_sid", "to_number", "owner__username")
    search_help_text = "The id of a call or a task, a CallSid, digits of a number, or an owner."
    date_hierarchy = "created_at"
    exclude = ("brief", "task")
    readonly_fields = ("id", "task_link", "belongings", "call_sid", "created_at")
    inlines = (TurnInline,)
    actions = ("stop", "analyse_again")

    @admin.display(description="call", ordering="id")
    def short_id(self, call: Call) -> str:
        return str(call.pk)[:8]

    @admin.display(description="task", ordering="task_id")
    def task_link(self, call: Call) -> SafeString:
        return row_link("tasks_app_task", call.task_id)

    @admin.display(description="events")
    def events_link(self, call: Call) -> SafeString:
        return list_link("telephony_callevent", str(call.event_seq), call__id__exact=call.pk)

    @admin.display(description="what belongs to it")
    def belongings(self, call: Call) -> SafeString:
        """Where everything about the call is, without asking whether there is any."""
        return format_html(
            "{} · {} · {} · {} · {}",
            format_html('<a href="{}">page</a>', reverse("call", args=[call.pk])),
            list_link("telephony_turn", "turns", call__id__exact=call.pk),
            list_link("telephony_callevent", "events", call__id__exact=call.pk),
            list_link("telephony_recording", "recording", call__id__exact=call.pk),
            list_link("tasks_app_analysis", "verdicts", call__id__exact=call.pk),
        )

    @admin.action(description="Stop", permissions=("operate",))
    def stop(self, request: HttpRequest, chosen: QuerySet[Call]) -> None:
        stop_calls(request, chosen)

    @admin.action(description="Judge again", permissions=("operate",))
    def analyse_again(self, request: HttpRequest, chosen: QuerySet[Call]) -> None:
        analyse_calls(request, chosen)

    def view_on_site(self, call: Call) -> str:
        """The call's own page."""
        return reverse("call", args=[call.pk])
