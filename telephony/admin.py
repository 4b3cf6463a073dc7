"""What happened in calls, for staff. It is history: only the services write it."""

from __future__ import annotations

from django.contrib import admin

from telephony.models import CallEvent, Recording, Transcription, Turn
from telephony.unchangeable import OfCallAdmin


@admin.register(CallEvent)
class CallEventAdmin(OfCallAdmin):
    list_display = ("seq", "call_link", "type", "timestamp")
    list_filter = ("type",)


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
