"""`GET /api/system/voice-readiness`."""

from __future__ import annotations

from django.db import DatabaseError
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter.readiness import machine
from callcenter.readiness.run import recent_readiness
from callcenter.readiness.serializers import ReadinessSerializer
from tasks_app.problems import CONTENT_TYPE, problem
from tasks_app.schema_problems import Problem, problems
from telemetry.any_accept import AnyAccept
from telephony import disk_room

_AWAY = Problem(503, "database_away", "The database cannot be used. Mend DATA_ROOT's disk.")
_FIX = "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
_EXAMPLE = {
    "twilio_configured": True,
    "deepgram_configured": True,
    "llm_ready": True,
    "llm_provider": "openai",
    "deepgram_voice_agent_enabled": True,
    "can_dial_live": False,
    "simulated": False,
    "checked_at": "2026-05-20T11:55:00Z",
    "checks": [
        {
            "name": "twilio_account",
            "state": "broken",
            "message": "Twilio does not accept the account's credentials.",
            "fix": _FIX,
            "required": True,
        },
        {
            "name": "deepgram_key",
            "state": "ok",
            "message": "Deepgram accepts the key.",
            "fix": "",
            "required": True,
        },
    ],
    "to_fix": [_FIX],
}


class VoiceReadinessView(APIView):
    """What works and what is missing, for whoever may use the API."""

    content_negotiation_class = AnyAccept

    def handle_exception(self, exc: Exception) -> Response:
        """Without a database nobody can be recognised: whoever asks is told only that, and whether the disk is full."""
        if not isinstance(exc, DatabaseError):
            return super().handle_exception(exc)
        checks = [machine.database_away(), *machine.folder()]
        body = problem(
            status=503,
            code=_AWAY.code,
            detail=" ".join([checks[0].message, checks[0].fix, disk_room.problem()]).strip(),
            instance=self.request.path,
            ok=False,
            checks=[{"name": check.name, "state": check.state, "fix": check.fix} for check in checks],
        )
        return Response(body, status=503, content_type=CONTENT_TYPE)

    @extend_schema(
        summary="Whether calls can be placed",
        description="Every setting and provider, by a request without effect. Takes three seconds at most.",
        responses={
            200: OpenApiResponse(
                ReadinessSerializer,
                examples=[OpenApiExample("A wrong token", value=_EXAMPLE, response_only=True)],
            ),
            **problems("/api/system/voice-readiness", _AWAY),
        },
    )
    def get(self, request: Request) -> Response:
        return Response(ReadinessSerializer(recent_readiness().as_dict()).data)
