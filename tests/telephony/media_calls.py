"""Calls over media sockets, and what became of them."""

from __future__ import annotations

import audioop
import itertools
import os
import wave
from collections.abc import Iterator
from contextlib import contextmanager

from telemetry import record
from telephony import live, recording, stream_token
from telephony.events import EventType
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent, Recording
from telephony.mulaw import SILENCE
from tests.telephony.account import TALKED_S
from tests.telephony.media_client import FRAME_BYTES, MediaSocket, shake_hands
from tests.telephony.rows import new_call
from tests.telephony.webhook_posts import post
from tests.waiting import until

_sids = itertools.count(1)


def answered_call() -> Call:
    """A call that waits for its audio."""
    return new_call(None, Event.DIAL, Event.ANSWER, call_sid=f"CA{next(_sids):032x}")


def token_of(call: Call, generation: int = 1) -> dict[str, str]:
    """The parameters of a stream that our TwiML has asked for."""
    return {"token": stream_token.make(call.pk, generation)}


@contextmanager
def media_socket(port: int, call: Call) -> Iterator[MediaSocket]:
    """A socket that has been let in and has said `connected`."""
    with shake_hands(port) as ws:
        twilio = MediaSocket(ws, stream_sid=f"MZ{next(_sids):032x}", call_sid=str(call.call_sid))
        twilio.connected()
        yield twilio


@contextmanager
def stream(port: int, call: Call) -> Iterator[MediaSocket]:
    """A stream that has begun."""
    with media_socket(port, call) as twilio:
        twilio.start(customParameters=token_of(call))
        until(lambda: live.get(call.pk))
        yield twilio


def completed(call: Call) -> None:
    """Twilio reports that the call is over."""
    fields = {"CallSid": str(call.call_sid), "CallStatus": "completed", "CallDuration": str(TALKED_S)}
    post("/twilio/status", call.pk, **fields)


def hang_up(call: Call, twilio: MediaSocket) -> None:
    """The other side has hung up, as Twilio tells it."""
    twilio.stop()
    twilio.ws.close()
    until(lambda: "stopped" in stream_events(call))
    completed(call)


def stream_events(call: Call) -> list[str]:
    """What was told of the call's streams."""
    events = CallEvent.objects.filter(call=call, type=EventType.STREAM).order_by("seq")
    return [data["status"] for data in events.values_list("data", flat=True)]


def ended(call: Call) -> tuple[str, str]:
    """How the call ended, once its session has let go."""
    until(lambda: live.get(call.pk) is None)
    call.refresh_from_db()
    return call.state, call.ended_reason


def caller_track(call: Call) -> bytes:
    """The caller's side of the finished recording, as mu-law, without the silence before the first frame."""
    until(lambda: Recording.objects.get(call=call).state == Recording.State.FINISHED)
    with wave.open(str(recording.wav_path(call.pk, "inbound"))) as file:
        return audioop.lin2ulaw(file.readframes(file.getnframes()), 2).lstrip(SILENCE)


def sound(frames: int) -> bytes:
    """Frames of noise that no other frames are like; mu-law without its two zeros."""
    return os.urandom(frames * FRAME_BYTES).translate(bytes.maketrans(b"\x7f\xff", b"\x00\x01"))


def bad_frames() -> int:
    """How many messages were counted as bad so far."""
    record.flush()
    return record.totals().get(("telephony", "bad_frame"), 0)


def put_off() -> int:
    """How often a session could not write and waits to try again, so far."""
    record.flush()
    return record.totals().get(("telephony", "write_put_off"), 0)
