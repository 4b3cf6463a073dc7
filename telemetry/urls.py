"""The telemetry's routes. Each works with and without a slash at its end; the OpenAPI document shows those without."""

from __future__ import annotations

from django.urls import path

from telemetry.api import MetricsView, RecentView, SummaryView

urlpatterns = [
    path("api/telemetry/recent", RecentView.as_view(), name="telemetry-recent"),
    path("api/telemetry/recent/", RecentView.as_view(schema=None), name="telemetry-recent/"),
    path("api/telemetry/summary", SummaryView.as_view(), name="telemetry-summary"),
    path("api/telemetry/summary/", SummaryView.as_view(schema=None), name="telemetry-summary/"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("metrics/", MetricsView.as_view(), name="metrics/"),
]
