"""What the OpenAPI document says about each operation: parameters, examples, every way it is refused."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from tasks_app import schema_examples as examples
from tasks_app.action_form import ACTION_SENT, ActionAnswerSerializer, ActionSerializer
from tasks_app.schema_problems import Problem, invalid, problems
from tasks_app.serializers import (
    AnswerSerializer,
    CallDetailSerializer,
    PendingAnalysisSerializer,
    TaskDetailSerializer,
    TaskSerializer,
    TranscriptSerializer,
    VerdictSerializer,
)

_TASKS: Final = "/api/tasks"
_TASK: Final = "/api/tasks/{task_id}"
_CALL: Final = "/api/calls/{call_id}"

_NO_TASK = Problem(404, "not_found", "There is no such task.")
_NO_TASK_CALL = Problem(404, "not_found", "This task has no such call.")
_NO_CALL = Problem(404, "no_call", "This task was not called yet.")
_NOT_ANSWERED = Problem(404, "not_answered", "No call of this task was answered yet.")
_NO_SESSION = invalid("session_id", "Must be a call's UUID, as in the task's `calls`.")
_BODY = (
    Problem(400, "parse_error", "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    Problem(413, "content_too_large", "The body is larger than 256 KiB."),
    Problem(415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
)
_SESSION = OpenApiParameter(
    "session_id", OpenApiTypes.UUID, description="Another call of the task than the latest answered one."
)
_JUDGED_SESSION = OpenApiParameter(
    "session_id", OpenApiTypes.UUID, description="Another call than the latest answered one, or the latest."
)
_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Any unique text."
)


def _shows(serializer: Any, name: str, value: Any, description: str = "") -> OpenApiResponse:
    example = OpenApiExample(name, value=value, response_only=True)
    return OpenApiResponse(serializer, description=description, examples=[example])


def _answer(name: str, message: str) -> OpenApiResponse:
    value = {"ok": True, "message": message, "session_id": examples.SESSION_ID}
    return _shows(AnswerSerializer, name, value)


_PENDING = _shows(
    PendingAnalysisSerializer,
    "On its way",
    examples.PENDING,
    "Ask again after `Retry-After` seconds, or wait for `analysis_ready` on the feed.",
)

task_list = extend_schema(
    summary="List tasks",
    description="A bare array, newest first. `Link` names the other pages, `X-Total-Count` counts all rows.",
    responses={
        200: _shows(TaskSerializer(many=True), "One task", examples.TASK),
        **problems(
            _TASKS, invalid("status", "Select a valid choice. lost is not one of the available choices.")
        ),
    },
)
task_create = extend_schema(
    summary="Write a task",
    request=TaskSerializer,
    examples=[OpenApiExample("Lower a bill", value=examples.TASK_INPUT, request_only=True)],
    responses={
        201: _shows(TaskSerializer, "The task", examples.NEW_TASK),
        **problems(
            _TASKS,
            invalid("target_phone", "This is not a phone number: check its digits."),
            *_BODY,
            changes=True,
        ),
    },
)
task_detail = extend_schema(
    summary="Read a task and its calls",
    responses={
        200: _shows(TaskDetailSerializer, "A task and its call", {**examples.TASK, "calls": [examples.CALL]}),
        **problems(_TASK, _NO_TASK),
    },
)
task_call = extend_schema(
    summary="Place the call",
    description="Dials once, however often it is asked. `Idempotency-Key` makes a repeated request safe. Nothing is "
    "dialled unless `ok` is true. A 422 will be refused again; a 429, 502 or 503 may be tried again.",
    request=None,
    parameters=[_IDEMPOTENCY],
    responses={
        200: _answer("Placed", "The call is being placed."),
        **problems(
            f"{_TASK}/call",
            _NO_TASK,
            Problem(
                409, "call_in_progress", "This task has a call in progress: stop it, or wait for its end."
            ),
            Problem(409, "canceled_before_dial", "The call was stopped before it was dialled."),
            Problem(422, "blocked.not_allowlisted", "Calls to this country are not allowed."),
            Problem(422, "blocked.premium_or_emergency", "Emergency numbers are never called."),
            Problem(422, "invalid_number", "Twilio does not know this phone number: check its digits."),
            Problem(422, "carrier_rejected", "Twilio blocks calls to this phone number: ask Twilio why."),
            Problem(422, "geo_permission_denied", "The Twilio account may not call this country."),
            Problem(422, "trial_number_unverified", "A Twilio trial account may call verified numbers only."),
            Problem(422, "error.twilio", "Twilio does not let us call from TWILIO_PHONE_NUMBER."),
            Problem(
                429,
                "blocked.too_many_calls",
                "As many calls are live as may be at once: wait until one ends.",
            ),
            Problem(429, "blocked.daily_cap", "As many calls were placed within 24 hours as one person may."),
            Problem(502, "error.twilio", "Twilio has trouble of its own: try again in a few minutes."),
            Problem(
                502, "carrier_rate_limited", "Twilio has too many requests of ours: try again in a minute."
            ),
            Problem(503, "not_configured", "TWILIO_ACCOUNT_SID is not set."),
            Problem(503, "disk_full", "The disk of DATA_ROOT has only 12 MB left, and 500 MB are needed."),
            Problem(
                503, "draining", "This server is about to restart and takes no new calls: try again shortly."
            ),
            changes=True,
        ),
    },
)
task_stop = extend_schema(
    summary="End the call",
    description="At any moment. Stopping what is not running is no error and changes nothing.",
    request=None,
    parameters=[_IDEMPOTENCY],
    responses={
        200: _answer("Stopping", "The call is being ended."),
        **problems(f"{_TASK}/stop", _NO_TASK, changes=True),
    },
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
        **problems(
            f"{_TASK}/audio",
            Problem(
                416,
                "range_not_satisfiable",
                "The recording has 256000 bytes, and none of the range is among them.",
            ),
            invalid("side", "Must be one of mixed, inbound, outbound."),
            _NO_SESSION,
            *(_NO_TASK, _NO_TASK_CALL, _NO_CALL, _NOT_ANSWERED),
            Problem(
                404,
                "still_recording",
                "The call is still being recorded; its audio is ready when it is over.",
            ),
            Problem(404, "recording_missing", "There is no recording of this call."),
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
        (200, "application/json"): _shows(TranscriptSerializer, "One turn", examples.TRANSCRIPT),
        **{
            (200, media_type): _shows(OpenApiTypes.STR, "One turn", text)
            for media_type, text in examples.WRITTEN.items()
        },
        **problems(
            f"{_TASK}/transcript",
            invalid("format", "Must be one of json, srt, vtt, txt."),
            _NO_SESSION,
            *(_NO_TASK, _NO_TASK_CALL, _NO_CALL, _NOT_ANSWERED),
        ),
    },
)
task_analysis = extend_schema(
    summary="Read the verdict",
    description="What the call achieved. Each claim quotes the transcript; quotes were looked up there, and a claim "
    "without any is `supported: false`. Without a language model it is plain statistics, `provider: statistics`.",
    parameters=[_JUDGED_SESSION],
    responses={
        200: _shows(VerdictSerializer, "A lower bill", examples.VERDICT),
        202: _PENDING,
        **problems(
            f"{_TASK}/analysis",
            _NO_SESSION,
            *(_NO_TASK, _NO_TASK_CALL, _NO_CALL),
            Problem(
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
    parameters=[_JUDGED_SESSION, _IDEMPOTENCY],
    responses={
        202: _PENDING,
        **problems(f"{_TASK}/analysis", _NO_SESSION, _NO_TASK, _NO_TASK_CALL, _NO_CALL, changes=True),
    },
)
call_detail = extend_schema(
    summary="Read a call with its turns",
    responses={
        200: _shows(CallDetailSerializer, "A call and its turns", examples.CALL_DETAIL),
        **problems(_CALL, Problem(404, "not_found", "There is no such call.")),
    },
)
call_action = extend_schema(
    summary="Act on a live call",
    description="`say` makes the agent say `text`, `whisper` tells it `text` and nobody hears it, `dtmf` presses "
    "`digits`, `mute` and `unmute` are about the agent's voice, `end` hangs up. The answer says that the action is on "
    "its way; the `operator_action` event on the call's feed, with the same id, says what came of it: the agent is not "
    "made to speak while the other side does. `Idempotency-Key` makes a repeated request safe.",
    request=ActionSerializer,
    parameters=[_IDEMPOTENCY],
    examples=[
        OpenApiExample(name, value=value, request_only=True) for name, value in examples.ACTIONS.items()
    ],
    responses={
        202: _shows(
            ActionAnswerSerializer,
            "On its way",
            {
                "ok": True,
                "message": ACTION_SENT,
                "session_id": examples.SESSION_ID,
                "action_id": "5b0c9f4c2f5a4d0e8a9d6f0a3c1b7e55",
            },
        ),
        **problems(
            f"{_CALL}/actions",
            invalid("text", "say needs it."),
            *_BODY,
            Problem(404, "not_found", "There is no such call."),
            Problem(409, "call_not_live", "The call is over."),
            Problem(
                503,
                "call_unreachable",
                "The process that holds this call cannot be reached now: Redis is away.",
            ),
            changes=True,
        ),
    },
)
