"""What happened, for staff. A call is history: only the services write it."""

from __future__ import annotations

from django.contrib import admin

from telephony.models import Call, CallEvent, Recording, Transcription, Turn
from telephony.unchangeable import HistoryAdmin, Unchangeable


class TurnInline(Unchangeable, admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = Turn
    fields = ("number", "speaker", "text", "start_ms", "end_ms", "heard", "heard_text")
    extra = 0


@admin.register(Call)
class CallAdmin(HistoryAdmin):
    """The brief is not shown: it holds the walk-away point."""

    list_display = (
        "id",
        "task_id",
        "to_number",
        "state",
        "ended_reason",
        "simulated",
        "owner",
        "created_at",
        "duration_seconds",
    )
    list_filter = ("state", "simulated", "ended_reason", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "task__id", "call_sid", "to_number", "owner__username")
    date_hierarchy = "created_at"
    exclude = ("brief",)
    readonly_fields = ("id", "call_sid", "created_at")
    inlines = (TurnInline,)


@admin.register(CallEvent)
class CallEventAdmin(HistoryAdmin):
    list_display = ("call_id", "seq", "type", "timestamp")
    list_filter = ("type",)
    search_fields = ("call__id",)


@admin.register(Turn)
class TurnAdmin(HistoryAdmin):
    list_display = ("call_id", "number", "speaker", "start_ms", "end_ms", "heard", "final")
    list_filter = ("speaker", "final")
    search_fields = ("call__id", "text")


@admin.register(Recording)
class RecordingAdmin(HistoryAdmin):
    list_display = ("call_id", "state", "duration_ms", "created_at", "closed_at")
    list_filter = ("state", "created_at")
    search_fields = ("call__id",)


@admin.register(Transcription)
class TranscriptionAdmin(HistoryAdmin):
    list_display = ("call_id", "state", "attempts", "created_at", "finished_at")
    list_filter = ("state", "created_at")
    search_fields = ("call__id",)
    readonly_fields = ("created_at",)
