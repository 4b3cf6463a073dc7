"""Messages that Twilio does not send: counted, dropped, and at some point too many. Other calls do not notice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from telephony import consumers
from telephony.lifecycle import State
from tests.telephony.media_calls import (
    answered_call,
    bad_frames,
    caller_track,
    completed,
    ended,
    hang_up,
    sound,
    stream,
    stream_events,
)
from tests.telephony.media_client import FRAME_BYTES, MediaSocket
from tests.waiting import until

pytestmark = [
    pytest.mark.ws,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("calls_without_agent"),
]


def wrong(twilio: MediaSocket) -> list[str | bytes]:
    """Every kind of message that Twilio never sends."""
    good = twilio.frame(sound(1))
    bodies: list[dict[str, Any]] = [
        {"payload": "not base64!"},
        {"payload": "abc"},
        {"payload": "=="},
        {"payload": 7},
        {"payload": None},
        {"payload": "A" * (8 * 1024 * 4 // 3 + 8)},
        {"track": "outbound"},
        {"track": ["inbound"]},
        {"timestamp": 20},
        {"timestamp": "-20"},
        {"timestamp": "²"},
        {"timestamp": "9" * 400},
        {"chunk": {}},
    ]
    messages: list[object] = [
        [],
        "text",
        7,
        None,
        {},
        {"event": None},
        {"event": ["media"]},
        {"event": "media"},
        {"event": "media", "media": []},
        {"event": "mark", "mark": {"name": "\x00"}, "sequenceNumber": "2", "streamSid": "MZ"},
        {"event": "dtmf", "dtmf": {"digit": "12"}, "sequenceNumber": "2", "streamSid": "MZ"},
        {"event": "dtmf"},
        {"event": "stop"},
        {"event": "start", "start": {}},
        {"event": "connected"},
        {**good, "sequenceNumber": 3},
        {**good, "streamSid": "\ud800"},
        {**good, "streamSid": "MZ" + "9" * 32},
        *({**good, "media": good["media"] | body} for body in bodies),
    ]
    texts = ["", " ", "{", "nonsense", "\x00", "NaN", "[" * 60_000, '{"a":' * 10_000]
    return [*texts, *map(json.dumps, messages), b"", json.dumps(good).encode(), b"\x00" * 160]


def test_wrong_messages_are_counted_and_dropped_and_the_call_goes_on(port: int) -> None:
    call, audio, before = answered_call(), sound(100), bad_frames()
    with stream(port, call) as twilio:
        messages = wrong(twilio)
        assert len(messages) <= consumers.MAX_BAD_FRAMES
        for message in messages:
            twilio.ws.send(message)
            twilio.media(audio[len(twilio.audio) :][:FRAME_BYTES])
        twilio.media(audio[len(twilio.audio) :])
        hang_up(call, twilio)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    assert caller_track(call) == audio
    assert bad_frames() - before == len(messages)


def test_an_event_of_a_later_version_is_no_mistake(port: int) -> None:
    call, before = answered_call(), bad_frames()
    with stream(port, call) as twilio:
        for _ in range(2 * consumers.MAX_BAD_FRAMES):
            twilio.say(twilio.message("levitate", levitate={"height": 7}))
        hang_up(call, twilio)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    assert bad_frames() == before


def test_the_longest_message_that_may_come_is_read(port: int) -> None:
    call = answered_call()
    with stream(port, call) as twilio:
        text = json.dumps(twilio.message("levitate", levitate=""))
        twilio.ws.send(text[:-2] + "x" * (65536 - len(text)) + text[-2:])
        longest = sound(51)[:8192]
        twilio.say(twilio.frame(longest))
        hang_up(call, twilio)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    assert caller_track(call) == longest


def flood(twilio: MediaSocket) -> None:
    """Nonsense, all in one packet."""
    with twilio.ws.protocol_mutex:
        for _ in range(4 * consumers.MAX_BAD_FRAMES):
            twilio.ws.protocol.send_text(b"nonsense")
        twilio.ws.send_data()


@pytest.mark.parametrize(
    ("nonsense", "code"),
    [
        (flood, 4400),
        (lambda twilio: twilio.ws.send("x" * 65537), 1009),
        (lambda twilio: twilio.ws.send("x" * (1 << 20)), 1009),
        (lambda twilio: twilio.ws.send(b"\xff\xfe", text=True), 1007),
    ],
    ids=["flood", "64 KiB + 1", "1 MB", "no text"],
)
def test_a_hopeless_socket_is_closed_and_other_calls_do_not_notice(
    port: int, nonsense: Callable[[MediaSocket], None], code: int
) -> None:
    call, other, audio = answered_call(), answered_call(), sound(150)
    with stream(port, other) as neighbour, stream(port, call) as twilio:
        neighbour.media(audio[:8000])
        twilio.media(audio[:FRAME_BYTES])
        twilio.round_trip_s()  # what shares a packet with an oversized message is not read
        nonsense(twilio)
        neighbour.media(audio[8000:16000])
        assert twilio.close_code() == code
        until(lambda: stream_events(call) == ["started", "lost"])
        completed(call)
        neighbour.media(audio[16000:])
        assert ended(call) == (State.COMPLETED, "media_lost")
        assert caller_track(call) == audio[:FRAME_BYTES]
        hang_up(other, neighbour)
    assert ended(other) == (State.COMPLETED, "callee_hung_up")
    assert caller_track(other) == audio
