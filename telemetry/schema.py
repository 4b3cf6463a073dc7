"""What the OpenAPI document shows of the telemetry: examples of answers and refusals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse

_EVENT = {
    "timestamp": "2026-05-20T11:59:42.118Z",
    "component": "deepgram",
    "action": "agent_connect",
    "ok": True,
    "duration_ms": 184.2,
    "task_id": "3f0c5c1e-5f0b-4d0a-9a53-0d3d9b7c1a11",
    "session_id": "a41e52f0-6a3e-4a0f-8b0e-5f3f1f6f2b22",
    "error": None,
}
_GROUP = {
    "count": 2,
    "ok": 1,
    "error": 1,
    "avg_ms": 190.1,
    "min_ms": 184.2,
    "max_ms": 196.0,
    "p50_ms": 190.1,
    "p95_ms": 195.41,
    "p99_ms": 195.882,
}
_SAMPLED = {
    "timestamp": "2026-05-20T11:59:45.002Z",
    "component": "twilio",
    "action": "media_event",
    "ok": True,
    "duration_ms": 0.21,
    "task_id": None,
    "session_id": "a41e52f0-6a3e-4a0f-8b0e-5f3f1f6f2b22",
    "error": None,
    "count": 120,
    "max_ms": 1.9,
}
_RECENT = {"count": 2, "complete": True, "events": [_SAMPLED, _EVENT]}
_SUMMARY = {
    "event_count": 2,
    "component_count": 1,
    "action_count": 1,
    "complete": True,
    "slowest_events": [_EVENT],
    "durations_ms": _GROUP,
    "components": {"deepgram": _GROUP},
    "actions": {"agent_connect": _GROUP},
}


def recent(serializer: Any) -> dict[Any, OpenApiResponse]:
    """Responses of `recent`."""
    return {200: _shows(serializer, "Two events", _RECENT), **_refused("recent")}


def summary(serializer: Any) -> dict[Any, OpenApiResponse]:
    """Responses of `summary`."""
    return {200: _shows(serializer, "Two events", _SUMMARY), **_refused("summary")}


def _shows(serializer: Any, name: str, value: Any, description: str = "") -> OpenApiResponse:
    example = OpenApiExample(name, value=value, response_only=True)
    return OpenApiResponse(serializer, description=description, examples=[example])


def _refused(name: str) -> dict[Any, OpenApiResponse]:
    """The problems (RFC 9457) that the application above makes of what is raised here."""
    invalid = {
        **_problem(name, 400, "Bad Request", "invalid", "Some fields need a correction: limit."),
        "errors": {
            "limit": [{"code": "max_value", "message": "Ensure this value is less than or equal to 1000."}]
        },
    }
    problems = (
        invalid,
        _problem(
            name, 401, "Unauthorized", "not_authenticated", "Authentication credentials were not provided."
        ),
        _problem(
            name,
            500,
            "Internal Server Error",
            "server_error",
            "Something failed on this server. It is in its log; try again.",
        ),
    )
    return {
        (one["status"], "application/problem+json"): _shows(OpenApiTypes.OBJECT, one["code"], one, "Refused.")
        for one in problems
    }


def _problem(name: str, status: int, title: str, code: str, detail: str) -> dict[str, Any]:
    instance = f"/api/telemetry/{name}"
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
    }
