"""What is read of a call's rows in more than one place."""

from __future__ import annotations

import dataclasses
import uuid

from telephony.events import EventType, TurnState
from telephony.models import CallEvent, Turn
from telephony.so_far import SoFar


def so_far(call_id: uuid.UUID) -> SoFar:
    """What has become of a call until now, for whoever goes on with it."""
    names = [field.name for field in dataclasses.fields(TurnState)]
    turns = Turn.objects.filter(call_id=call_id).order_by("number").values(*names)
    actions = CallEvent.objects.filter(call_id=call_id, type=EventType.OPERATOR_ACTION).order_by("seq")
    return SoFar.of([TurnState(**row) for row in turns], actions.values_list("data", flat=True))


def is_muted(call_id: uuid.UUID) -> bool:
    """Whether somebody has muted the agent, and nobody has unmuted it since."""
    actions = CallEvent.objects.filter(call_id=call_id, type=EventType.OPERATOR_ACTION).order_by("seq")
    return SoFar.of([], actions.values_list("data", flat=True)).muted
