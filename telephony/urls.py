"""Twilio's webhooks."""

from __future__ import annotations

from django.urls import re_path

from telephony.twilio import webhooks

urlpatterns = [
    re_path(r"^twilio/voice/?$", webhooks.voice, name="twilio-voice"),
    re_path(r"^twilio/status/?$", webhooks.status, name="twilio-status"),
    re_path(r"^twilio/stream-status/?$", webhooks.stream_status, name="twilio-stream-status"),
]
