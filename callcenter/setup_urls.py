"""The routes of the setup page."""

from __future__ import annotations

from django.urls import path

from callcenter import setup_page

urlpatterns = [
    path("setup/", setup_page.setup, name="setup"),
    path("setup/checks/", setup_page.setup_checks, name="setup-checks"),
    path("setup/call/", setup_page.setup_call, name="setup-call"),
]
