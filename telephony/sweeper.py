"""Finds calls that nobody looks after any more and brings them to an end that is true.

Decides by what Twilio says and by leases, never by age alone: a long call is not a dead one. Every step can be
repeated.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator

from django.db.models import Q
from django.utils import timezone

from telemetry.record import count, timed_step
from telephony import placing, recording, services
from telephony.lifecycle import LIVE, TERMINAL, Event, State
from telephony.models import Call, Recording
from telephony.safe_logging import where
from telephony.twilio.client import twilio_client
from telephony.twilio.errors import TelephonyError

logger = logging.getLogger(__name__)

PATIENCE_S = 30
"""No news for this long makes us ask Twilio."""

STOPPING_S = 5
"""A call that is still up so long after the wish to stop it is asked to end again."""

UNSEEN_S = 120
"""An unconfirmed request that Twilio does not know after this long was never placed."""

LEFT_ALONE = "The process that held this call stopped, or could not write."
"""All that is known of a call whose lease has run out."""


def sweep() -> int:
    """Look after every abandoned call and recording once. Returns how many there were."""
    work = [*_abandoned(), *_open_recordings()]
    for call_id, mend in work:
        try:
            with timed_step("telephony", f"sweep_{mend.__name__.strip('_')}", session_id=str(call_id)):
                mend(call_id)
        except TelephonyError as error:
            logger.warning("call %s could not be mended yet: %s", call_id, error.code)
        except Exception as error:  # one broken call must not keep the others from being looked after
            logger.error("call %s could not be mended: %s", call_id, where(error))
            count("telephony", "sweep_failed")
    return len(work)


def _abandoned() -> Iterator[tuple[uuid.UUID, Callable[[uuid.UUID], None]]]:
    now = timezone.now()
    quiet = now - dt.timedelta(seconds=PATIENCE_S)
    held = Q(lease_expires_at__gte=now)
    calls = Call.objects.filter(state__in=LIVE).exclude(held)
    stopping = now - dt.timedelta(seconds=STOPPING_S)
    for call in Call.objects.filter(held, state__in=LIVE, stop_requested_at__lt=stopping):
        yield call.pk, _still_up
    unwanted = Q(stop_requested_at__lt=stopping, call_sid__isnull=False)
    for call in calls.filter(Q(lease_expires_at__isnull=False) | Q(created_at__lt=quiet) | unwanted):
        if call.state == State.RESERVED:
            yield call.pk, _never_dialled
        elif call.call_sid is None or call.state in {State.PLACING, State.UNKNOWN}:
            yield call.pk, _unconfirmed
        elif call.lease_expires_at is not None or call.stop_requested_at or call.state == State.ENDING:
            yield call.pk, _ownerless
        elif call.answered_at is not None and call.answered_at < quiet:
            yield call.pk, _without_audio
        elif call.answered_at is None:
            yield call.pk, placing.reconcile


def _still_up(call_id: uuid.UUID) -> None:
    """Somebody wants it stopped, and Twilio has not obeyed: ask again, whoever holds its audio."""
    services.call_advance(call_id=call_id, event=Event.END, reason="operator_ended")
    placing.hang_up(call_id)
    placing.reconcile(call_id)


def _never_dialled(call_id: uuid.UUID) -> None:
    services.call_advance(
        call_id=call_id, event=Event.CANCEL, reason="error.app_restart", only_from={State.RESERVED}
    )


def _unconfirmed(call_id: uuid.UUID) -> None:
    """A request whose answer was lost: find its call at Twilio, or conclude after two minutes that there is none."""
    call = Call.objects.get(pk=call_id)
    services.call_advance(call_id=call_id, event=Event.DIAL_UNCONFIRMED)
    if call.call_sid:  # a callback has told it meanwhile
        placing.reconcile(call_id)
        return
    placed_at = call.placed_at or call.created_at
    since = placed_at - dt.timedelta(seconds=5)
    known = set(
        Call.objects.exclude(call_sid=None).values_list("call_sid", flat=True).filter(created_at__gte=since)
    )
    found = twilio_client().find_calls(to=call.to_number, from_=call.from_number, started_after=since)
    for remote in reversed(found):  # oldest first: a later call to this number is somebody else's
        if remote.sid not in known and services.call_identify(call_id=call_id, call_sid=remote.sid):
            if call.stop_requested_at:
                placing.hang_up(call_id)
            placing.reconcile(call_id)
            return
    if placed_at < timezone.now() - dt.timedelta(seconds=UNSEEN_S):
        detail = "Twilio never confirmed the call and does not know it."
        services.call_advance(call_id=call_id, event=Event.FAIL, reason="error.twilio", detail=detail)


def _ownerless(call_id: uuid.UUID) -> None:
    """The process that held the audio is gone, or a hang-up failed."""
    wanted = Call.objects.filter(pk=call_id, stop_requested_at__isnull=False).exists()
    reason = "operator_ended" if wanted else "error.app_restart"
    detail = "" if wanted else LEFT_ALONE
    services.call_advance(call_id=call_id, event=Event.END, reason=reason, detail=detail)
    placing.hang_up(call_id)
    placing.reconcile(call_id)


def _without_audio(call_id: uuid.UUID) -> None:
    """Answered, but Twilio's audio never reached us."""
    services.call_advance(call_id=call_id, event=Event.END, reason="media_never_connected")
    placing.hang_up(call_id)
    placing.reconcile(call_id)


def _open_recordings() -> Iterator[tuple[uuid.UUID, Callable[[uuid.UUID], None]]]:
    now = timezone.now()
    orphans = Recording.objects.filter(state=Recording.State.RECORDING, call__state__in=TERMINAL)
    for found in orphans.filter(call__lease_expires_at__lt=now):
        yield found.call_id, _close_recording


def _close_recording(call_id: uuid.UUID) -> None:
    finished = recording.finish(call_id)
    state = Recording.State.TRUNCATED if finished.has_audio else Recording.State.MISSING
    services.recording_close(
        call_id=call_id,
        state=state,
        duration_ms=finished.duration_ms,
        detail=f"{LEFT_ALONE} Up to a second of the end is missing.",
    )
