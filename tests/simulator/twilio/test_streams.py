"""Media streams over real sockets: frames, pace, marks, clear, and what the callee really heard."""

from __future__ import annotations

import base64
import random
from itertools import pairwise
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from simulator.room import Room
from simulator.speech import seed_for, speak
from tests.simulator.twilio.conftest import GREETER, Phone
from tests.simulator.twilio.service import Socket
from tests.waiting import auntil

pytestmark = pytest.mark.integration

NOISE = random.Random(5).randbytes(8000)
"""One second of loud audio without two equal stretches."""


def notes(truth: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [note for note in truth["timeline"] if note["kind"] == kind]


async def frames(stream: Socket, event: str, count: int) -> list[dict[str, Any]]:
    """Wait for `count` frames of one kind."""
    await auntil(lambda: len(stream.of(event)) >= count)
    return stream.of(event)


async def agent_says(stream: Socket, room: Room, text: str) -> None:
    """Play words that this room's callee can understand."""
    utterance = await speak(text, speaker="agent", seed=seed_for(text))
    room.spoken(utterance)
    await stream.play(utterance.audio)


def callee_finished(room: Room, count: int) -> bool:
    """The callee has said so many things to the end."""
    return sum(note["kind"] == "last_callee_sample" for note in room.timeline) == count


async def test_the_handshake_is_twilios(phone: Phone) -> None:
    await phone.call()
    stream = await phone.service.socket()
    assert set(stream.headers) == {
        "host",
        "user-agent",
        "connection",
        "upgrade",
        "sec-websocket-version",
        "sec-websocket-key",
        "x-twilio-signature",
        "accept-encoding",
    }
    assert stream.headers["user-agent"] == "Twilio.TmeWs/1.0"
    assert stream.headers["accept-encoding"] == "gzip"
    signature = stream.headers["x-twilio-signature"]
    assert RequestValidator(phone.client.password).validate(stream.url, {}, signature)


async def test_frames_in_order_from_connected_to_stop(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await frames(stream, "media", 5)
    await phone.update(call.sid, status="completed")
    await auntil(lambda: stream.closed)
    events = [frame["event"] for frame in stream.frames]
    assert events[:3] == ["connected", "start", "media"]
    assert events[-1] == "stop"
    start = stream.of("start")[0]["start"]
    assert (start["callSid"], start["customParameters"]) == (call.sid, {"token": "t&1"})
    numbers = [frame["sequenceNumber"] for frame in stream.frames[1:]]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert [frame["media"]["chunk"] for frame in stream.of("media")] == [
        str(number) for number in range(1, len(stream.of("media")) + 1)
    ]
    first = int(stream.of("media")[0]["media"]["timestamp"])
    assert 100 <= first <= 170


async def test_media_comes_every_20_ms_through_silence_and_does_not_drift(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    media = await frames(stream, "media", 61)
    timestamps = [int(frame["media"]["timestamp"]) for frame in media]
    assert {later - earlier for earlier, later in pairwise(timestamps)} == {20}
    payloads = [base64.b64decode(frame["media"]["payload"]) for frame in media]
    assert {len(payload) for payload in payloads} == {160}
    assert len(set(payloads)) == len(payloads)
    assert set(b"".join(payloads)) == {0xFF, 0x7F, 0xFE, 0x7E}
    times = [at for frame, at in zip(stream.frames, stream.times_s, strict=True) if frame["event"] == "media"]
    assert times[60] - times[0] == pytest.approx(1.2, abs=0.05)
    await phone.update(call.sid, status="completed")
    await auntil(lambda: stream.closed)
    said, _, first_ms = await phone.audio(call.sid, "said.ulaw")
    assert (said, first_ms) == (stream.inbound(), timestamps[0])


async def test_what_is_sent_is_heard_byte_for_byte_at_a_known_time(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    for at in range(0, len(NOISE), 333):
        await stream.play(NOISE[at : at + 333])
    await stream.mark("end")
    await frames(stream, "mark", 1)
    await phone.update(call.sid, status="completed")
    truth = await phone.ended(call.sid)
    heard, epoch_ms, first_ms = await phone.audio(call.sid, "heard.ulaw")
    (run,) = truth["streams"][0]["agent_runs"]
    start = round((run["start_ms"] - epoch_ms) * 8)
    assert first_ms == 0
    assert heard[start : start + len(NOISE)] == NOISE
    assert set(heard[:start] + heard[start + len(NOISE) :]) == {0xFF}
    assert run["end_ms"] - run["start_ms"] == pytest.approx(1000)
    (last,) = notes(truth, "last_agent_sample")
    assert (last["sample_ms"], last["n_bytes"], last["cut"]) == (run["end_ms"], 8000, False)
    (mark,) = notes(truth, "mark_echoed")
    assert (mark["name"], mark["flushed"]) == ("end", False)
    assert mark["at_ms"] == pytest.approx(run["end_ms"], abs=25)


async def test_marks_are_echoed_in_order_each_at_its_time(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await stream.mark("at once")
    await stream.play(NOISE[:3200])
    await stream.mark("after 400 ms")
    await stream.play(NOISE[3200:4800])
    await stream.mark("after 600 ms")
    await frames(stream, "mark", 3)
    truth = await phone.truth(call.sid)
    echoed = notes(truth, "mark_echoed")
    start_ms = truth["streams"][0]["agent_runs"][0]["start_ms"]
    assert [note["name"] for note in echoed] == ["at once", "after 400 ms", "after 600 ms"]
    assert echoed[0]["at_ms"] <= start_ms
    assert [note["at_ms"] - start_ms for note in echoed[1:]] == pytest.approx([400, 600], abs=15)


async def test_clear_silences_within_a_frame_and_echoes_every_pending_mark(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await stream.play(NOISE)
    await stream.mark("a")
    await stream.mark("b")
    await auntil(
        lambda: bool(phone.simulator.world.room(call.sid or "").timeline[-1]["kind"] == "first_agent_sample")
    )
    await stream.clear()
    await stream.play(NOISE[:800])
    await stream.mark("c")
    marks = await frames(stream, "mark", 3)
    assert [frame["mark"]["name"] for frame in marks] == ["a", "b", "c"]
    truth = await phone.truth(call.sid)
    (cleared,) = notes(truth, "clear_received")
    first, second = truth["streams"][0]["agent_runs"]
    assert cleared["dropped_bytes"] == 8000 - first["n_bytes"]
    assert (first["cut"], second["cut"], second["n_bytes"]) == (True, False, 800)
    assert first["end_ms"] - cleared["at_ms"] < 25
    assert [note["flushed"] for note in notes(truth, "mark_echoed")] == [True, True, False]


async def test_a_redirect_stops_the_stream_and_may_open_another_in_the_same_call(phone: Phone) -> None:
    call = await phone.call()
    first = await phone.service.socket()
    document = f'<Response><Play digits="1"/>{phone.service.stream_twiml().removeprefix("<Response>")}'
    await phone.update(call.sid, twiml=document)
    second = await phone.service.socket(1)
    assert first.of("stop")
    assert second.stream_sid != first.stream_sid
    assert second.of("start")[0]["start"]["callSid"] == call.sid
    truth = await phone.truth(call.sid)
    assert truth["stream_sids"] == [first.stream_sid, second.stream_sid]
    assert truth["status"] == "in-progress"


async def test_a_wrong_message_is_warned_of_once_and_the_stream_goes_on(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await stream.send(
        {"event": "media", "streamSid": stream.stream_sid, "media": {"payload": "AA==", "track": "x"}}
    )
    await stream.socket.send_str("not JSON")
    await stream.socket.send_bytes(b"binary")
    await stream.mark("still here")
    await frames(stream, "mark", 1)
    warnings = notes(await phone.truth(call.sid), "stream_warning")
    assert [(warning["code"], warning["detail"]) for warning in warnings] == [
        (31951, "extra field"),
        (31950, "binary frame"),
    ]


async def test_a_refused_handshake_is_told_and_the_next_verb_runs(phone: Phone) -> None:
    phone.service.handshake_status = 403
    call = await phone.call()
    assert (await phone.ended(call.sid))["ended_by"] == "document"
    await auntil(lambda: bool(phone.service.at("/stream-status")))
    (told,) = phone.service.at("/stream-status")
    assert told.params["StreamEvent"] == "stream-error"
    assert told.params["StreamError"].startswith("31920")


async def test_a_stream_url_with_a_query_is_refused(phone: Phone) -> None:
    phone.service.twiml = lambda hook: phone.service.stream_twiml().replace("/media", "/media?token=x")
    call = await phone.call()
    truth = await phone.ended(call.sid)
    assert [note["code"] for note in notes(truth, "debugger")] == [31920]
    assert phone.service.sockets == []


async def test_one_call_that_loses_its_server_does_not_disturb_another(phone: Phone) -> None:
    lost, kept = await phone.call(), await phone.call()
    stream = await phone.service.socket(0)
    other = await phone.service.socket(1)
    transport = stream.socket._req.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.abort()
    sids = {stream.of("start")[0]["start"]["callSid"]: other}
    ended = next(sid for sid in (lost.sid, kept.sid) if sid in sids)
    assert (await phone.ended(ended))["status"] == "completed"
    before = len(other.of("media"))
    await frames(other, "media", before + 10)


async def test_the_callee_speaks_listens_presses_keys_and_hangs_up(phone: Phone) -> None:
    call = await phone.call(GREETER)
    stream = await phone.service.socket()
    room = phone.simulator.world.room(call.sid or "")
    await auntil(lambda: callee_finished(room, 1))
    await agent_says(stream, room, "Your code?")
    await auntil(lambda: callee_finished(room, 2))
    await agent_says(stream, room, "Hang up.")
    truth = await phone.ended(call.sid)
    assert [said["text"] for said in truth["said"]] == ["Hello.", "Here.", "Fine."]
    assert [(heard["text"], heard["complete"]) for heard in truth["heard"]] == [
        ("Your code?", True),
        ("Hang up.", True),
    ]
    assert [frame["dtmf"] for frame in stream.of("dtmf")] == [
        {"track": "inbound_track", "digit": "7"},
        {"track": "inbound_track", "digit": "#"},
    ]
    assert (truth["ended_by"], truth["status"]) == ("callee", "completed")


async def test_audio_that_crosses_between_two_calls_is_not_understood(phone: Phone) -> None:
    calls = [await phone.call(), await phone.call()]
    streams = [await phone.service.socket(0), await phone.service.socket(1)]
    by_call = {stream.of("start")[0]["start"]["callSid"]: stream for stream in streams}
    url = f"{phone.simulator.url}/simulator/calls/{calls[0].sid}/cross"
    async with phone.http.post(url, json={"with": calls[1].sid}) as response:
        assert response.status == 200
    stream = by_call[calls[0].sid]
    await agent_says(stream, phone.simulator.world.room(calls[0].sid or ""), "Hello there.")
    await stream.mark("played")
    await frames(stream, "mark", 1)
    mine, other = [await phone.truth(call.sid) for call in calls]
    assert mine["heard"] == []
    assert {heard["text"] for heard in other["heard"]} == {"(inaudible)"}
