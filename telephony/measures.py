"""What the telemetry is told about calls; what is slow or may fail times itself, where it happens."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.db import transaction

from telemetry.record import event
from telephony import signals, tools
from telephony.events import EventType, NewEvent
from telephony.lifecycle import TERMINAL
from telephony.models import Call

Ids = dict[str, Any]
"""`session_id` and `task_id`"""

_TOOLS = {str(function["name"]) for function in tools.FUNCTIONS}


def connect() -> None:
    """Follow the calls of this process."""
    signals.call_changed.connect(_call_changed, dispatch_uid="telephony.measures")


def frame(action: str, started_s: float, ids: Ids) -> None:
    """A frame was dealt with since `started_s` (perf_counter): `media_event` or `media_mark_received`."""
    event("twilio", action, duration_ms=(time.perf_counter() - started_s) * 1000, **ids)


def turn(action: str, duration_ms: float, ids: Ids) -> None:
    """How long somebody waited in the conversation, as `heard_latency`."""
    event("turn", action, duration_ms=duration_ms, **ids)


def note(entry: NewEvent, ids: Ids) -> None:
    """The agent's function calls, of all that is noted in a call: by name alone, what it asks for is private."""
    if entry.type == EventType.TOOL_CALL:
        name = entry.data["name"]
        event("tool", name if name in _TOOLS else "unknown", ok=entry.data["ok"], **ids)


def _call_changed(call: Call, **_: Any) -> None:
    if call.state in TERMINAL:
        told: dict[str, Any] = {
            "state": call.state,
            "ended_reason": call.ended_reason,
            "call_seconds": call.duration_seconds,
            "session_id": str(call.pk),
            "task_id": str(call.task_id),
        }
        transaction.on_commit(partial(event, "telephony", "call_ended", **told))
