"""`GET /api/system/voice-readiness`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter.readiness.run import recent_readiness
from callcenter.readiness.serializers import ReadinessSerializer


class VoiceReadinessView(APIView):
    """What works and what is missing, for whoever may use the API."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """One kind of answer, whatever `Accept` says."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        summary="Whether calls can be placed",
        description="Every setting and provider, by a request without effect. Takes three seconds at most.",
        responses={200: ReadinessSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(ReadinessSerializer(recent_readiness().as_dict()).data)
