"""How an operation of the API may be refused, for the OpenAPI document: an example of each problem."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from tasks_app.problems import CONTENT_TYPE, problem
from tasks_app.schema_examples import SESSION_ID, TASK_ID
from tasks_app.serializers import ProblemSerializer

Responses = dict[Any, Any]


class Problem(NamedTuple):
    """One refusal. `field`: the one that an `invalid` request has to correct."""

    status: int
    code: str
    detail: str
    field: str = ""


def invalid(field: str, message: str) -> Problem:
    """400, for one field or parameter."""
    return Problem(400, "invalid", message, field)


_ANY: Final = (
    Problem(401, "not_authenticated", "Authentication credentials were not provided."),
    Problem(401, "authentication_failed", "This API key is unknown or was revoked."),
    Problem(500, "server_error", "Something failed on this server. It is in its log; try again."),
)
_ANY_CHANGE: Final = (
    Problem(403, "permission_denied", "CSRF Failed: CSRF token missing."),
    Problem(400, "idempotency_key_invalid", "Idempotency-Key must have 1 to 255 characters."),
    Problem(
        409,
        "idempotency_in_progress",
        "The first request with this key is not answered yet. Repeat this one in a minute.",
    ),
    Problem(422, "idempotency_key_reused", "This key came with another request before. Send a new one."),
)
_BY_THE_FRAMEWORK: Final = frozenset(
    {one.code for one in (*_ANY, *_ANY_CHANGE)}
    | {"invalid", "parse_error", "content_too_large", "unsupported_media_type", "range_not_satisfiable"}
)
"""The others are refusals of ours, which say `ok: false`."""


def problems(path: str, *rows: Problem, changes: bool = False) -> Responses:
    """Responses for `rows` and for what any request may meet; `changes`: also what any POST may meet."""
    by_status: dict[int, dict[str, OpenApiExample]] = {}
    for one in (*rows, *(_ANY_CHANGE if changes else ()), *_ANY):
        examples = by_status.setdefault(one.status, {})
        name = f"{one.code} {one.field}".strip()
        while name in examples:  # the same code, said of something else
            name += ", too"
        examples[name] = OpenApiExample(name, value=_example(one, path), response_only=True)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer, description="Refused.", examples=list(examples.values())
        )
        for status, examples in by_status.items()
    }


def _example(one: Problem, path: str) -> dict[str, Any]:
    more: dict[str, Any] = {} if one.code in _BY_THE_FRAMEWORK else {"ok": False}
    if one.code.startswith(("call_", "analysis_failed", "canceled")):
        more["session_id"] = SESSION_ID
    detail = one.detail
    if one.field:
        more["errors"] = {one.field: [{"code": "invalid", "message": one.detail}]}
        detail = f"Some fields need a correction: {one.field}."
    instance = path.format(task_id=TASK_ID, call_id=SESSION_ID)
    return problem(status=one.status, code=one.code, detail=detail, instance=instance, **more)
