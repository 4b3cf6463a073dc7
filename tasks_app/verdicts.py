"""What `GET /api/tasks/{id}/analysis` answers: the verdict, that it is being made, or why there is none."""

from __future__ import annotations

from typing import Final

from rest_framework import status
from rest_framework.response import Response

from tasks_app import selectors
from tasks_app.models import Analysis
from tasks_app.refusals import Refusal
from tasks_app.serializers import PendingAnalysisSerializer, VerdictSerializer
from telephony.models import Call
from telephony.steps import OPEN

POLL_S: Final = 2


def verdict_response(call: Call) -> Response:
    """200 with the verdict, or 202 while it is being made.

    Raises:
        Refusal: `analysis_failed` (424), with the reason.
    """
    analysis = selectors.latest_analysis(call)
    if analysis is None or analysis.state in OPEN:
        return pending_response(call, analysis)
    if analysis.state == Analysis.State.FAILED:
        sentence = f"The call could not be judged: {analysis.failure} POST here to try again."
        raise Refusal("analysis_failed", sentence, status=424, session_id=call.pk)
    shown = {
        "session_id": call.pk,
        "state": analysis.state,
        "provider": analysis.provider,
        "model": analysis.model,
        "created_at": analysis.created_at,
        **(analysis.verdict or {}),
    }
    return Response(VerdictSerializer(shown).data)


def pending_response(call: Call, analysis: Analysis | None = None) -> Response:
    """202: the verdict will come by itself."""
    message = "The call is not over yet." if call.is_live else "The verdict is being made."
    shown = {
        "session_id": call.pk,
        "state": analysis.state if analysis else Analysis.State.PENDING,
        "message": message,
    }
    return Response(
        PendingAnalysisSerializer(shown).data,
        status=status.HTTP_202_ACCEPTED,
        headers={"Retry-After": str(POLL_S)},
    )
