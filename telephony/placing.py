"""Dialling and hanging up at Twilio. Rows first, then the network; never inside a transaction."""

from __future__ import annotations

import logging
import uuid

from django.conf import settings

from telemetry.record import timed_step
from telephony import bus, live, selectors, services, stream_token
from telephony.lifecycle import LIVE, TERMINAL, TWILIO_STATUS, Event, State
from telephony.models import Call
from telephony.twilio import twiml
from telephony.twilio.client import twilio_client
from telephony.twilio.errors import TelephonyError, UnknownCallError
from telephony.twilio.signature import stream_url, webhook_url

logger = logging.getLogger(__name__)

APOLOGY = "We are sorry. The automated assistant that called you has a technical problem. Goodbye."


def place(call_id: uuid.UUID) -> Call:
    """Ask Twilio to dial a reserved call, exactly once.

    An answer that may hide a placed call leaves the state `unknown`, to be cleared up by Twilio's callbacks or by
    the sweeper; it is never sent again.

    Raises:
        TelephonyError: Twilio refused; the call is `failed` and its detail says why.
    """
    if not services.call_advance(call_id=call_id, event=Event.DIAL):
        return Call.objects.get(pk=call_id)
    live.dialled(call_id)
    call = Call.objects.get(pk=call_id)
    try:
        with timed_step("telephony", "place_call", session_id=str(call.id), task_id=str(call.task_id)):
            placed = twilio_client().create_call(
                to=call.to_number,
                from_=call.from_number,
                voice_url=webhook_url(f"/twilio/voice?call={call.id}"),
                status_callback_url=webhook_url(f"/twilio/status?call={call.id}"),
                ring_timeout_s=settings.RING_TIMEOUT_SECONDS,
                time_limit_s=settings.MAX_CALL_SECONDS + 30,
            )
    except TelephonyError as error:
        if error.ambiguous:
            services.call_advance(call_id=call.id, event=Event.DIAL_UNCONFIRMED)
            return Call.objects.get(pk=call_id)
        services.call_advance(call_id=call.id, event=Event.FAIL, reason=error.code, detail=str(error))
        raise
    services.call_identify(call_id=call.id, call_sid=placed.sid)
    services.call_advance(call_id=call.id, event=Event.QUEUE)
    call.refresh_from_db()
    if (
        call.stop_requested_at or call.state == State.ENDING
    ):  # it was stopped while the request was on its way
        hang_up(call.id)
        call.refresh_from_db()
    return call


def stop(call_id: uuid.UUID, *, by: str) -> bool:
    """End a call at any moment. False when it is over already, which is no error.

    The wish is stored first, so that it outlives this process; the sweeper repeats it until Twilio has obeyed.
    """
    services.stop_request(call_id=call_id, by=by)
    if services.call_advance(call_id=call_id, event=Event.CANCEL, only_from={State.RESERVED}):
        return True
    call = Call.objects.get(pk=call_id)
    if not call.is_live:
        return False
    if call.state in {State.IN_PROGRESS, State.ENDING}:
        services.call_advance(call_id=call_id, event=Event.END, reason="operator_ended")
        bus.publish_command(call_id, {"type": "end"})  # the agent falls silent even if Twilio cannot be asked
    if call.call_sid:
        hang_up(call_id)
    return True


def hang_up(call_id: uuid.UUID) -> bool:
    """Make the line dead at Twilio. False when Twilio could not be asked; the sweeper will ask again."""
    call = Call.objects.get(pk=call_id)
    if call.call_sid is None or call.state in TERMINAL:
        return True
    client = twilio_client()
    try:
        with timed_step("telephony", "hang_up", session_id=str(call.id), task_id=str(call.task_id)):
            if call.answered_at is None:
                client.cancel_call(call.call_sid)
            # Cancelling has no effect on a call that was answered just now.
            client.end_call(call.call_sid)
    except TelephonyError as error:
        logger.warning("call %s could not be hung up yet: %s", call.id, error.code)
        return False
    return True


def press_keys(call_id: uuid.UUID, *, fence: int, keys: str) -> None:
    """Press keys on the call's keypad. The stream is replaced by another one, which carries the next token.

    Raises:
        TelephonyError: Twilio refused.
        StaleOwnerError: the call is over or has another owner.
    """
    generation = services.stream_renew(call_id=call_id, fence=fence)
    call = Call.objects.get(pk=call_id)
    with timed_step("telephony", "press_keys", session_id=str(call.id), task_id=str(call.task_id)):
        twilio_client().redirect_call(str(call.call_sid), stream_document(call_id, generation, keys=keys))


def apologise(call_id: uuid.UUID, *, fence: int) -> None:
    """Let Twilio's own voice end the call: for when our agent cannot speak any more.

    Raises:
        TelephonyError: Twilio refused; the call may be over.
        StaleOwnerError: the call has another owner.
    """
    if not selectors.is_owner(call_id, fence=fence):
        raise services.StaleOwnerError
    call = Call.objects.get(pk=call_id)
    with timed_step("telephony", "apologise", session_id=str(call.id), task_id=str(call.task_id)):
        twilio_client().redirect_call(str(call.call_sid), twiml.say_and_hang_up(APOLOGY))


def stream_document(call_id: uuid.UUID, generation: int, *, keys: str = "") -> str:
    """The TwiML that connects a call's audio to this process, after pressing `keys`."""
    return twiml.connect_stream(
        url=stream_url("/twilio/media-stream"),
        status_callback=webhook_url(f"/twilio/stream-status?call={call_id}"),
        parameters={"token": stream_token.make(call_id, generation)},
        keys=keys,
    )


def reconcile(call_id: uuid.UUID) -> None:
    """Ask Twilio how a call really is, and follow it; for calls whose reports were lost.

    A call that Twilio does not know is over: its records go in time, and a simulator's with its process.

    Raises:
        TelephonyError: Twilio could not be asked.
    """
    call = Call.objects.get(pk=call_id)
    if call.state not in LIVE or call.call_sid is None:
        return
    try:
        remote = twilio_client().fetch_call(call.call_sid)
    except UnknownCallError as error:
        services.call_advance(call_id=call_id, event=Event.FAIL, reason=error.code, detail=str(error))
        return
    event = TWILIO_STATUS.get(remote.status)
    if event is not None:
        services.call_advance(call_id=call_id, event=event, duration_seconds=remote.duration_s)
