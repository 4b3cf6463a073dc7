"""What the OpenAPI document says about each operation: parameters, examples, every way it is refused."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from tasks_app.action_form import ACTION_SENT, ActionAnswerSerializer, ActionSerializer
from tasks_app.problems import CONTENT_TYPE, problem
from tasks_app.serializers import (
    AnswerSerializer,
    CallDetailSerializer,
    PendingAnalysisSerializer,
    ProblemSerializer,
    TaskDetailSerializer,
    TaskSerializer,
    TranscriptSerializer,
    VerdictSerializer,
)

TASK_ID = "3f0c5c1e-5f0b-4d0a-9a53-0d3d9b7c1a11"
SESSION_ID = "a41e52f0-6a3e-4a0f-8b0e-5f3f1f6f2b22"

_TASK_INPUT = {
    "task_type": "bill_reduction",
    "target_phone": "(212) 555-0134",
    "objective": "Get my internet bill under $60 a month.",
    "context": "Customer for six years. The bill went from $65 to $89 this month.",
    "target_outcome": "$60 a month for twelve months",
    "walkaway_point": "Anything above $75",
    "style": "collaborative",
}
_TURN = {
    "number": 1,
    "speaker": "caller",
    "text": "Hello, how can I help?",
    "start_ms": 320,
    "end_ms": 1840,
    "heard": 1.0,
    "heard_text": "",
    "final": True,
    "words": [{"word": "Hello,", "start_ms": 320, "end_ms": 610, "confidence": 0.99}],
}
_EVIDENCE = {"turn": 7, "quote": "I can lower it to $55 a month", "start_ms": 21400}
_VERDICT = {
    "session_id": SESSION_ID,
    "state": "ready",
    "provider": "openai",
    "model": "gpt-5.4-mini",
    "created_at": "2026-05-20T12:01:49Z",
    "summary": "The bill was lowered from $89 to $55 a month.",
    "outcome": "success",
    "outcome_reasoning": "The target was $60; the representative confirmed $55.",
    "evidence": [_EVIDENCE],
    "concessions": [{"text": "A lower monthly price.", "supported": True, "evidence": [_EVIDENCE]}],
    "tactics": [],
    "tactics_used": ["Direct ask"],
    "score": 92,
    "score_reasoning": "The target was beaten in two minutes.",
    "rapport_quality": "good",
    "key_moments": [{"text": "The offer.", "supported": True, "evidence": [_EVIDENCE]}],
    "improvement_suggestions": ["Ask for a written confirmation."],
    "details": {"agreed_price": "55.00"},
}


def _problems(*rows: tuple[int, str, str], field: str = "target_phone") -> dict[Any, OpenApiResponse]:
    """Responses for refusals, given as (status, code, detail); 401 is added. `field`: the one that is `invalid`."""
    common = ((401, "not_authenticated", "Authentication credentials were not provided."),)
    by_status: dict[int, list[OpenApiExample]] = {}
    for status, code, detail in (*rows, *common):
        more: dict[str, Any] = {"session_id": SESSION_ID} if code.startswith("call_") else {}
        if code == "invalid":
            more["errors"] = {field: [{"code": "invalid", "message": detail}]}
            detail = f"Some fields need a correction: {field}."
        value = problem(status=status, code=code, detail=detail, instance="/api/tasks", **more)
        by_status.setdefault(status, []).append(OpenApiExample(code, value=value))
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description="Refused.", examples=examples)
        for status, examples in by_status.items()
    }


def _answer(ok: str, message: str) -> OpenApiResponse:
    value = {"ok": True, "message": message, "session_id": SESSION_ID}
    return OpenApiResponse(AnswerSerializer, examples=[OpenApiExample(ok, value=value)])


_NOT_FOUND = (404, "not_found", "There is no such task.")
_NO_ANSWERED_CALL = (
    _NOT_FOUND,
    (404, "no_call", "This task was not called yet."),
    (404, "not_answered", "No call of this task was answered yet."),
)
_SESSION = OpenApiParameter(
    "session_id", OpenApiTypes.UUID, description="Another call of the task than the latest answered one."
)

task_list = extend_schema(
    summary="List tasks",
    description="A bare array, newest first. `Link` names the other pages, `X-Total-Count` counts all rows.",
    responses={
        200: TaskSerializer(many=True),
        **_problems((400, "invalid", "Select a valid choice.")),
    },
)
task_create = extend_schema(
    summary="Write a task",
    request=TaskSerializer,
    examples=[OpenApiExample("Lower a bill", value=_TASK_INPUT, request_only=True)],
    responses={
        201: TaskSerializer,
        **_problems(
            (400, "invalid", "This is not a telephone number: check its digits."),
            (400, "parse_error", "JSON parse error"),
            (413, "content_too_large", "The body is larger than 256 KiB."),
            (415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
        ),
    },
)
task_detail = extend_schema(
    summary="Read a task and its calls", responses={200: TaskDetailSerializer, **_problems(_NOT_FOUND)}
)
task_call = extend_schema(
    summary="Place the call",
    description="Dials once, however often it is asked. `Idempotency-Key` makes a repeated request safe. Nothing is "
    "dialled unless `ok` is true. A 422 will be refused again; a 502 or 503 may be tried again.",
    request=None,
    parameters=[
        OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Any unique text.")
    ],
    responses={
        200: _answer("Placed", "The call is being placed."),
        **_problems(
            _NOT_FOUND,
            (409, "call_in_progress", "This task has a call in progress: stop it, or wait for its end."),
            (422, "blocked.not_allowlisted", "Calls to this country are not allowed."),
            (422, "invalid_number", "Twilio does not know this phone number: check its digits."),
            (502, "error.twilio", "Twilio has trouble of its own: try again in a few minutes."),
            (503, "not_configured", "TWILIO_ACCOUNT_SID is not set."),
            (503, "draining", "This server is about to restart and takes no new calls: try again shortly."),
        ),
    },
)
task_stop = extend_schema(
    summary="End the call",
    description="At any moment. Stopping what is not running is no error and changes nothing.",
    request=None,
    responses={200: _answer("Stopping", "The call is being ended."), **_problems(_NOT_FOUND)},
)
task_audio = extend_schema(
    summary="Hear the call",
    description="Of the latest answered call. `Range` is honoured, so players can seek.",
    parameters=[
        _SESSION,
        OpenApiParameter(
            "side",
            str,
            enum=["mixed", "inbound", "outbound"],
            default="mixed",
            description="Both in stereo, the person called, or the agent.",
        ),
        OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=first-last`"),
    ],
    responses={
        (200, "audio/wav"): OpenApiTypes.BINARY,
        (206, "audio/wav"): OpenApiTypes.BINARY,
        416: OpenApiResponse(description="None of the range is in the file; `Content-Range` says its size."),
        **_problems(
            *_NO_ANSWERED_CALL,
            (400, "invalid", "Must be one of mixed, inbound, outbound."),
            (404, "still_recording", "The call is still being recorded; its audio is ready when it is over."),
            (404, "recording_missing", "There is no recording of this call."),
        ),
    },
)
task_transcript = extend_schema(
    summary="Read the call",
    description="Of the latest answered call, while it is live too. Subtitles hold only what was really heard.",
    parameters=[
        _SESSION,
        OpenApiParameter("format", str, enum=["json", "srt", "vtt", "txt"], default="json"),
    ],
    responses={
        (200, "application/json"): OpenApiResponse(
            TranscriptSerializer,
            examples=[
                OpenApiExample(
                    "One turn",
                    value={
                        "task_id": TASK_ID,
                        "session_id": SESSION_ID,
                        "source": "final",
                        "turns": [_TURN],
                        "count": 1,
                    },
                )
            ],
        ),
        (200, "text/vtt"): OpenApiTypes.STR,
        (200, "application/x-subrip"): OpenApiTypes.STR,
        (200, "text/plain"): OpenApiTypes.STR,
        **_problems(*_NO_ANSWERED_CALL, (400, "invalid", "Must be one of json, srt, vtt, txt.")),
    },
)
_PENDING = OpenApiResponse(
    PendingAnalysisSerializer,
    description="Ask again after `Retry-After` seconds, or wait for `analysis_ready` on the feed.",
    examples=[
        OpenApiExample(
            "On its way",
            value={"session_id": SESSION_ID, "state": "running", "message": "The verdict is being made."},
        )
    ],
)
_VERDICT_REFUSALS = (_NOT_FOUND, (404, "no_call", "This task was not called yet."))
_JUDGED_SESSION = OpenApiParameter(
    "session_id", OpenApiTypes.UUID, description="Another call than the latest answered one, or the latest."
)
task_analysis = extend_schema(
    summary="Read the verdict",
    description="What the call achieved. Each claim quotes the transcript; quotes were looked up there, and a claim "
    "without any is `supported: false`. Without a language model it is plain statistics, `provider: statistics`.",
    parameters=[_JUDGED_SESSION],
    responses={
        200: OpenApiResponse(VerdictSerializer, examples=[OpenApiExample("A lower bill", value=_VERDICT)]),
        202: _PENDING,
        **_problems(
            *_VERDICT_REFUSALS,
            (
                424,
                "analysis_failed",
                "The call could not be judged: OpenAI has limited the rate of requests. POST here to try again.",
            ),
        ),
    },
)
task_analyse = extend_schema(
    summary="Judge the call again",
    description="Earlier verdicts are kept; the newest counts. Asking twice while one is made changes nothing.",
    request=None,
    parameters=[_JUDGED_SESSION],
    responses={202: _PENDING, **_problems(*_VERDICT_REFUSALS)},
)
call_detail = extend_schema(
    summary="Read a call with its turns",
    responses={200: CallDetailSerializer, **_problems((404, "not_found", "There is no such call."))},
)
call_action = extend_schema(
    summary="Act on a live call",
    description="`say` makes the agent say `text`, `whisper` tells it `text` and nobody hears it, `dtmf` presses "
    "`digits`, `mute` and `unmute` are about the agent's voice, `end` hangs up. The answer says that the action is on "
    "its way; the `operator_action` event on the call's feed, with the same id, says what came of it: the agent is not "
    "made to speak while the other side does. `Idempotency-Key` makes a repeated request safe.",
    request=ActionSerializer,
    parameters=[
        OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Any unique text.")
    ],
    examples=[
        OpenApiExample(name, value=value, request_only=True)
        for name, value in {
            "Say": {"type": "say", "text": "Could you check with your supervisor?"},
            "Whisper": {"type": "whisper", "text": "Accept $65 if they throw in the router."},
            "Press keys": {"type": "dtmf", "digits": "1w2#"},
            "Mute": {"type": "mute"},
            "Unmute": {"type": "unmute"},
            "End": {"type": "end"},
        }.items()
    ],
    responses={
        202: OpenApiResponse(
            ActionAnswerSerializer,
            examples=[
                OpenApiExample(
                    "On its way",
                    value={
                        "ok": True,
                        "message": ACTION_SENT,
                        "session_id": SESSION_ID,
                        "action_id": "5b0c9f4c2f5a4d0e8a9d6f0a3c1b7e55",
                    },
                )
            ],
        ),
        **_problems(
            (400, "invalid", "say needs it."),
            (404, "not_found", "There is no such call."),
            (409, "call_not_live", "The call is over."),
            (
                503,
                "call_unreachable",
                "The process that holds this call cannot be reached now: Redis is away.",
            ),
            field="text",
        ),
    },
)
