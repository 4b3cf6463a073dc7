"""What the service did and how long it took. Superusers see everything, others what is about their own tasks.

An event without a task or a call is nobody's own: only superusers see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.module_loading import import_string
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from telemetry import metrics, schema
from telemetry.any_accept import AnyAccept
from telemetry.known import index
from telemetry.serializers import (
    FilterSerializer,
    RecentFilterSerializer,
    RecentSerializer,
    SummarySerializer,
)


class IsSuperuser(BasePermission):
    """For what tells of everybody's calls."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_superuser)


class RecentView(APIView):
    """The latest events."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The latest events, newest first",
        parameters=[RecentFilterSerializer],
        responses=schema.recent(RecentSerializer),
    )
    def get(self, request: Request) -> Response:
        form = RecentFilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        wanted = form.wanted(request.user.pk, _visible_to(request))
        return Response(index().recent(wanted, form.validated_data["limit"]))


class SummaryView(APIView):
    """Timings of everything."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="How often and how long",
        description="Percentiles are linearly interpolated. A sampled event counts as often as its `count` says, "
        "and is one duration, their mean, among those that percentiles are taken of.",
        parameters=[FilterSerializer],
        responses=schema.summary(SummarySerializer),
    )
    def get(self, request: Request) -> Response:
        form = FilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        return Response(index().summary(form.wanted(request.user.pk, _visible_to(request))))


class MetricsView(APIView):
    """The counters of all processes for Prometheus."""

    content_negotiation_class = AnyAccept
    permission_classes = (IsSuperuser,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _visible_to(request: Request) -> frozenset[str] | None:
    """Which tasks and calls this person may see; the application above, which knows, is named in the settings."""
    if request.user.is_superuser:
        return None
    ids_of: Callable[[Any], frozenset[str]] = import_string(settings.TELEMETRY_IDS_OF)
    return ids_of(request.user)
