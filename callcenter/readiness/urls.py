"""The route of the checks, with and without a slash at its end; the OpenAPI document shows it without."""

from __future__ import annotations

from django.urls import path

from callcenter.readiness.api import VoiceReadinessView

urlpatterns = [
    path("api/system/voice-readiness", VoiceReadinessView.as_view(), name="voice-readiness"),
    path("api/system/voice-readiness/", VoiceReadinessView.as_view(schema=None), name="voice-readiness/"),
]
