"""Every write to a call. Each is one short transaction: a compare-and-set, its events, its signals.

Nothing here waits for a network inside a transaction. Times are this process's clock.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import functions
from django.utils import timezone

from telephony import bus, limits, signals
from telephony.brief import CallBrief
from telephony.ended_reasons import ENDED_REASONS, default_reason
from telephony.events import EventType, NewEvent, TurnState
from telephony.lifecycle import ANSWERED, LIVE, TABLE, TERMINAL, Event, State, states_before
from telephony.models import Call, CallEvent, Recording, Turn

LEASE_S = 30.0
"""How long an owner that gives no sign of life keeps a call."""


class CallInProgressError(Exception):
    """The task has a live call already; `call` is that call."""

    def __init__(self, call: Call | None) -> None:
        super().__init__("This task has a call in progress.")
        self.call = call


class StaleOwnerError(Exception):
    """Another process took the call over: the writer must let go."""


# --- creating ---------------------------------------------------------------------------------------------------


def call_reserve(*, task_id: uuid.UUID, owner_id: int, to_number: str, brief: CallBrief) -> Call:
    """Create the row that gives the right to dial once.

    Raises:
        CallInProgressError: the task has a live call; the database holds that, not a check before.
        LimitReachedError: as many calls are live, or were placed by this owner, as may be (telephony/limits.py).
    """
    call = Call(
        task_id=task_id,
        owner_id=owner_id,
        to_number=to_number,
        from_number=settings.TWILIO_PHONE_NUMBER,
        brief=brief.to_json(),
        simulated=settings.SIMULATED,
    )
    try:
        with transaction.atomic():
            limits.wait_for_other_reservations()
            call.save(force_insert=True)
            limits.refuse_beyond_limits(call)
            _append(call, [_status_event(call)])
            signals.call_changed.send(sender=Call, call=call)
    except IntegrityError as error:
        live = Call.objects.filter(task_id=task_id, state__in=LIVE).first()
        if live is None and not _is_live_conflict(error):
            raise
        raise CallInProgressError(live) from error
    return call


def _is_live_conflict(error: IntegrityError) -> bool:
    text = str(error)
    return "one_live_call_per_task" in text or "telephony_call.task_id" in text


# --- moving on --------------------------------------------------------------------------------------------------


@transaction.atomic
def call_advance(
    *,
    call_id: uuid.UUID,
    event: Event,
    reason: str = "",
    detail: str = "",
    duration_seconds: int | None = None,
    only_from: Collection[State] = LIVE,
) -> bool:
    """Report `event`; True when it changed the call. The first `reason` that is given stays.

    A late or repeated report is legal and changes nothing. `only_from`: the states in which it is true at all.
    """
    target = TABLE[event]
    before = states_before(event).intersection(only_from)
    moved = Call.objects.filter(pk=call_id, state__in=before).update(state=target)
    if not moved:
        return False
    call = Call.objects.get(pk=call_id)
    now = timezone.now()
    if target == State.PLACING:
        call.placed_at = now
    if reason and not call.ended_reason:
        call.ended_reason, call.ended_detail = reason, detail
    if target in ANSWERED and call.answered_at is None:
        call.answered_at = now - dt.timedelta(seconds=duration_seconds or 0)
    if target in TERMINAL:
        call.ended_at = now
        if target == State.COMPLETED and call.answered_at is not None:
            measured = round((now - call.answered_at).total_seconds())
            call.duration_seconds = measured if duration_seconds is None else duration_seconds
        if not call.ended_reason:
            call.ended_reason = default_reason(
                State(call.state),
                was_dialled=call.placed_at is not None,
                stop_was_requested=call.stop_requested_at is not None,
                stream_status=_stream_status(call),
                duration_s=call.duration_seconds or 0,
            )
        if not call.ended_detail:
            call.ended_detail = ENDED_REASONS[call.ended_reason].sentence
    call.save(
        update_fields=[
            "placed_at",
            "answered_at",
            "ended_at",
            "duration_seconds",
            "ended_reason",
            "ended_detail",
        ]
    )
    _append(call, [_status_event(call)])
    signals.call_changed.send(sender=Call, call=call)
    return True


def _stream_status(call: Call) -> str:
    """What was last told of the call's stream; "" when it never had one."""
    if not call.stream_sid:
        return ""
    told = CallEvent.objects.filter(call=call, type=EventType.STREAM).order_by("seq").last()
    return str(told.data["status"]) if told else "started"


def call_identify(*, call_id: uuid.UUID, call_sid: str, answered_by: str = "") -> bool:
    """Tie the row to Twilio's CallSid, from whichever report comes first. False when it is another call's SID."""
    changes: dict[str, Any] = {"call_sid": call_sid}
    if answered_by:
        changes["answered_by"] = answered_by
    unknown_or_same = models.Q(call_sid=None) | models.Q(call_sid=call_sid)
    try:
        with transaction.atomic():
            return bool(Call.objects.filter(unknown_or_same, pk=call_id).update(**changes))
    except IntegrityError:
        return False


@transaction.atomic
def stop_request(*, call_id: uuid.UUID, by: str) -> bool:
    """Persist that the call shall stop, before anybody is asked to do it. False when that is known or it is over."""
    call = Call.objects.filter(pk=call_id, state__in=LIVE, stop_requested_at=None)
    if not call.update(stop_requested_at=timezone.now()):
        return False
    event_append(call_id=call_id, events=[NewEvent(EventType.STOP_REQUESTED, {"by": by})])
    return True


# --- a live session's writes --------------------------------------------------------------------------------------


@transaction.atomic
def stream_claim(*, call_id: uuid.UUID, generation: int, stream_sid: str, owner: str) -> Call | None:
    """Use up the stream token: `owner` holds the call's audio. None when it was used before or the call is over.

    The fence rises when the owner changes: the former one cannot write any more.
    """
    now = timezone.now()
    fence = models.F("fence")
    claimed = Call.objects.filter(
        pk=call_id,
        state__in=LIVE - {State.ENDING},
        stop_requested_at=None,
        stream_generation=generation,
        stream_claimed=False,
    ).update(
        stream_claimed=True,
        stream_sid=stream_sid,
        lease_owner=owner,
        lease_expires_at=now + dt.timedelta(seconds=LEASE_S),
        fence=models.Case(models.When(lease_owner=owner, then=fence), default=fence + 1),
        clock_started_at=functions.Coalesce("clock_started_at", now),
    )
    if not claimed:
        return None
    call_advance(call_id=call_id, event=Event.ANSWER)
    Recording.objects.get_or_create(call_id=call_id)
    event_append(call_id=call_id, events=[NewEvent(EventType.STREAM, {"status": "started", "detail": ""})])
    return Call.objects.get(pk=call_id)


def stream_renew(*, call_id: uuid.UUID, fence: int) -> int:
    """Allow the call one more stream; the generation that its token must carry.

    Raises:
        StaleOwnerError: the call is over or has another owner.
    """
    owned = Call.objects.filter(pk=call_id, fence=fence, state__in=LIVE)
    if not owned.update(stream_generation=models.F("stream_generation") + 1, stream_claimed=False):
        raise StaleOwnerError
    return Call.objects.values_list("stream_generation", flat=True).get(pk=call_id)


@transaction.atomic
def session_write(*, call_id: uuid.UUID, fence: int, entries: Sequence[NewEvent | TurnState] = ()) -> None:
    """Write what a live session has gathered, in order, and renew its lease.

    Raises:
        StaleOwnerError: the call has another owner now; nothing was written.
    """
    expires = timezone.now() + dt.timedelta(seconds=LEASE_S)
    if not Call.objects.filter(pk=call_id, fence=fence).update(lease_expires_at=expires):
        raise StaleOwnerError
    if entries:
        events = [turn_save(call_id, entry) if isinstance(entry, TurnState) else entry for entry in entries]
        event_append(call_id=call_id, events=events)


def turn_save(call_id: uuid.UUID, state: TurnState) -> NewEvent:
    """Write a turn as it is now; returns the event that shows it."""
    fields = dataclasses.asdict(state)
    number = fields.pop("number")
    turn, _ = Turn.objects.update_or_create(call_id=call_id, number=number, defaults=fields)
    if turn.final:
        signals.turn_added.send(sender=Turn, call_id=call_id, turn=turn)
    return NewEvent(EventType.TRANSCRIPT_UPDATE, {"turn": number, **fields})


@transaction.atomic
def recording_close(
    *,
    call_id: uuid.UUID,
    state: Recording.State,
    duration_ms: int,
    detail: str = "",
    fence: int | None = None,
) -> bool:
    """Say what became of the recording. True for the first who says so; `fence` keeps a former owner out."""
    calls = Call.objects.filter(pk=call_id) if fence is None else Call.objects.filter(pk=call_id, fence=fence)
    if not calls.exists():
        return False
    closed = Recording.objects.filter(call_id=call_id, state=Recording.State.RECORDING).update(
        state=state, duration_ms=duration_ms, detail=detail, closed_at=timezone.now()
    )
    if not closed:
        return False
    data = {"state": str(state), "duration_ms": duration_ms, "detail": detail}
    event_append(call_id=call_id, events=[NewEvent(EventType.RECORDING, data)])
    recording = Recording.objects.select_related("call").get(call_id=call_id)
    signals.recording_closed.send(sender=Recording, call=recording.call, recording=recording)
    return True


# --- events -----------------------------------------------------------------------------------------------------


@transaction.atomic
def event_append(*, call_id: uuid.UUID, events: Sequence[NewEvent]) -> None:
    """Append events with the next numbers of their call."""
    _append(Call.objects.only("pk", "task_id").get(pk=call_id), events)


def _append(call: Call, events: Sequence[NewEvent]) -> None:
    # The row is locked by this UPDATE until the commit, so commit order is seq order.
    Call.objects.filter(pk=call.pk).update(event_seq=models.F("event_seq") + len(events))
    last = Call.objects.values_list("event_seq", flat=True).get(pk=call.pk)
    first = last - len(events) + 1
    CallEvent.objects.bulk_create(
        CallEvent(call_id=call.pk, seq=first + i, type=e.type, data=e.data, timestamp=e.timestamp)
        for i, e in enumerate(events)
    )
    call_id, task_id = call.pk, call.task_id
    transaction.on_commit(lambda: bus.publish_events(call_id, task_id, last))


def _status_event(call: Call) -> NewEvent:
    data: dict[str, Any] = {"state": str(call.state)}
    if call.ended_reason:
        data |= {"ended_reason": call.ended_reason, "ended_detail": call.ended_detail}
    if call.state in TERMINAL:
        data["duration_seconds"] = call.duration_seconds
    return NewEvent(EventType.CALL_STATUS, data)
