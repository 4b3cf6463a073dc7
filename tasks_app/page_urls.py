"""The pages' routes."""

from __future__ import annotations

from django.urls import path

from tasks_app.pages import listing

urlpatterns = [
    path("tasks/", listing.tasks, name="tasks"),
]
