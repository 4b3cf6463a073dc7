"""The routes of a call's page."""

from __future__ import annotations

from django.urls import path

from tasks_app import call_pages

urlpatterns = [
    path("calls/<uuid:call_id>/", call_pages.call_page, name="call"),
    path("calls/<uuid:call_id>/parts/<slug:name>/", call_pages.call_part, name="call-part"),
    path("calls/<uuid:call_id>/waveform/", call_pages.call_waveform, name="call-waveform"),
    path("calls/<uuid:call_id>/judge/", call_pages.call_judge, name="call-judge"),
]
