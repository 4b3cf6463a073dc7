"""What is read of a call's rows, for whoever holds it and for the pages."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence

from telephony.events import EventType, TurnState
from telephony.lifecycle import LIVE, TERMINAL
from telephony.models import Call, CallEvent, Turn
from telephony.so_far import SoFar


def so_far(call_id: uuid.UUID) -> SoFar:
    """What has become of a call until now, for whoever goes on with it."""
    names = [field.name for field in dataclasses.fields(TurnState)]
    turns = Turn.objects.filter(call_id=call_id).order_by("number").values(*names)
    actions = CallEvent.objects.filter(call_id=call_id, type=EventType.OPERATOR_ACTION).order_by("seq")
    return SoFar.of([TurnState(**row) for row in turns], actions.values_list("data", flat=True))


def is_owner(call_id: uuid.UUID, *, fence: int) -> bool:
    """Whether a session still holds its call."""
    return Call.objects.filter(pk=call_id, fence=fence).exists()


def without_audio(call_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the calls that are live and that no session has held yet: they ring, or were answered just now."""
    waiting = Call.objects.filter(pk__in=call_ids, state__in=LIVE, lease_expires_at=None)
    return list(waiting.values_list("pk", flat=True))


def is_over(call_id: uuid.UUID) -> bool:
    """Whether Twilio's reports have ended the call."""
    return Call.objects.filter(pk=call_id, state__in=TERMINAL).exists()


def is_muted(call_id: uuid.UUID) -> bool:
    """Whether somebody has muted the agent, and nobody has unmuted it since."""
    actions = CallEvent.objects.filter(call_id=call_id, type=EventType.OPERATOR_ACTION).order_by("seq")
    return SoFar.of([], actions.values_list("data", flat=True)).muted
