"""The pages' routes."""

from __future__ import annotations

from django.urls import path

from tasks_app.pages import listing
from tasks_app.telemetry_page.view import telemetry_page

urlpatterns = [
    path("tasks/", listing.tasks, name="tasks"),
    path("telemetry/", telemetry_page, name="telemetry-page"),
]
