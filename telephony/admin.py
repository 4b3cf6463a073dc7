"""What happened in calls, for staff. It is history: nobody writes it here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from telephony.admin_base import OfCallAdmin
from telephony.events import EventType
from telephony.models import CallEvent, Recording, Transcription, Turn


class EventTypeFilter(admin.SimpleListFilter):
    """The types there can be: asking which there are would read the whole table."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event_type, event_type) for event_type in EventType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallEvent]) -> QuerySet[CallEvent]:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(CallEvent)
class CallEventAdmin(OfCallAdmin):
    list_display = ("seq", "call_link", "type", "timestamp")
    list_filter = (EventTypeFilter,)


@admin.register(Turn)
class TurnAdmin(OfCallAdmin):
    list_display = ("number", "call_link", "speaker", "text", "start_ms", "end_ms", "heard", "final")
    list_filter = ("speaker", "final")
    search_fields = ("call__id", "text")
    search_help_text = "The id of a call, or words that were said."


@admin.register(Recording)
class RecordingAdmin(OfCallAdmin):
    list_display = ("id", "call_link", "state", "duration_ms", "created_at", "closed_at")
    list_filter = ("state", "created_at")
    readonly_fields = ("call_link",)


@admin.register(Transcription)
class TranscriptionAdmin(OfCallAdmin):
    list_display = ("id", "call_link", "state", "attempts", "failure", "created_at", "finished_at")
    list_filter = ("state", "created_at")
    readonly_fields = ("created_at",)
