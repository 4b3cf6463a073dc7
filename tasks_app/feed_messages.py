"""What a feed shows, read from the database: a snapshot first, then the events after it, by their number."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from tasks_app.feed_target import Target, current_call
from tasks_app.models import Task
from tasks_app.refusals import Refusal
from tasks_app.serializers import CallSerializer, RecordingSerializer, TaskSerializer, TurnSerializer
from telephony.events import EventType
from telephony.models import Call, CallEvent
from telephony.selectors import is_muted

MAX_MESSAGES = 200
"""How many events one reading gives at most."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """The call that was shown last (None: there was none yet), and its last event that was sent."""

    call_id: uuid.UUID | None
    seq: int


def messages_since(target: Target, position: Position | None) -> list[Message]:
    """What is new since `position`, at most MAX_MESSAGES; a snapshot where events alone would not tell it all.

    Raises:
        Refusal: the task was deleted.
    """
    call = current_call(target)
    if position is None or position.call_id != (call and call.pk):
        return [_snapshot(target, call)]
    if call is None:
        return []
    if position.seq > call.event_seq:
        return [_snapshot(target, call)]
    events = CallEvent.objects.filter(call_id=call.pk, seq__gt=position.seq).order_by("seq")[:MAX_MESSAGES]
    return [_message(event.seq, call.pk, event.type, event.data, event.timestamp) for event in events]


def passing_message(call_id: uuid.UUID, event: dict[str, Any]) -> Message:
    """An event that is not stored, so it has no number."""
    return _message(None, call_id, event["type"], event["data"], timezone.now())


def _snapshot(target: Target, call: Call | None) -> Message:
    # The call was read first and with its seq: what happens from here on shows here, and comes again as an event.
    task = Task.objects.filter(pk=target.task_id).first()
    if task is None:
        raise Refusal("not_found", "The task was deleted.", status=404)
    data: dict[str, Any] = {
        "task": TaskSerializer(task).data,
        "call": None,
        "turns": [],
        "recording": None,
        "strategy": None,
        "muted": False,
    }
    if call is None:
        return _message(0, None, "snapshot", data, timezone.now())
    recording = getattr(call, "recording", None)
    strategies = CallEvent.objects.filter(call_id=call.pk, type=EventType.STRATEGY_UPDATE).order_by("-seq")
    data |= {
        "call": CallSerializer(call).data,
        "turns": TurnSerializer(call.turns.order_by("number"), many=True).data,
        "recording": RecordingSerializer(recording).data if recording else None,
        "strategy": strategies.values_list("data", flat=True).first(),
        "muted": is_muted(call.pk),
    }
    return _message(call.event_seq, call.pk, "snapshot", data, timezone.now())


def _message(seq: int | None, session_id: uuid.UUID | None, type_: str, data: Any, timestamp: Any) -> Message:
    return {"seq": seq, "session_id": session_id, "type": type_, "data": data, "timestamp": timestamp}
