"""A call sent to another document while it streams: keys, a new socket, and what is lost between the two."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.simulator.twilio.conftest import MENU, Phone
from tests.simulator.twilio.service import Service, Socket
from tests.simulator.twilio.test_streams import NOISE, agent_says, callee_finished, frames, notes
from tests.waiting import auntil

pytestmark = pytest.mark.integration


def after(service: Service, first: str) -> str:
    """A document that does `first` and streams again."""
    return service.stream_twiml().replace("<Connect>", f"{first}<Connect>")


async def redirected(phone: Phone, sid: str | None, first: str) -> Socket:
    number = len(phone.service.sockets)
    await phone.update(sid, twiml=after(phone.service, first))
    return await phone.service.socket(number)


async def test_keys_are_played_between_two_streams_at_a_keypads_pace(phone: Phone) -> None:
    call = await phone.call()
    first = await phone.service.socket()
    second = await redirected(phone, call.sid, '<Play digits="1w2W#"/>')
    assert [frame["event"] for frame in first.frames][-1] == "stop"
    assert second.stream_sid != first.stream_sid
    assert second.of("start")[0]["start"]["callSid"] == call.sid
    truth = await phone.truth(call.sid)
    heard = notes(truth, "key_heard")
    assert [note["key"] for note in heard] == ["1", "2", "#"]
    gaps = [later["at_ms"] - earlier["at_ms"] for earlier, later in pairwise(heard)]
    assert gaps == pytest.approx([700, 1200], abs=120)
    stopped, started = notes(truth, "stream_stopped")[0], notes(truth, "stream_started")[1]
    assert stopped["at_ms"] < heard[0]["at_ms"] < heard[-1]["at_ms"] < started["at_ms"]
    assert truth["status"] == "in-progress"


async def test_a_menu_is_passed_by_a_key_and_the_call_goes_on_with_a_person(phone: Phone) -> None:
    call = await phone.call(MENU)
    await phone.service.socket()
    room = phone.simulator.world.room(call.sid or "")
    await auntil(lambda: any(note["kind"] == "first_callee_sample" for note in room.timeline))
    second = await redirected(phone, call.sid, '<Play digits="2"/>')
    await auntil(lambda: callee_finished(room, 3))
    await agent_says(second, room, "Please hang up.")
    truth = await phone.ended(call.sid)
    assert [(said["text"], said["cut"]) for said in truth["said"][1:]] == [
        ("One moment.", False),
        ("Hello.", False),
        ("Fine.", False),
    ]
    assert truth["said"][0]["cut"]
    assert (truth["ended_by"], len(truth["streams"])) == ("callee", 2)


async def test_what_the_callee_says_between_two_streams_is_lost(phone: Phone) -> None:
    call = await phone.call(MENU)
    await phone.service.socket()
    room = phone.simulator.world.room(call.sid or "")
    await auntil(lambda: any(note["kind"] == "first_callee_sample" for note in room.timeline))
    second = await redirected(phone, call.sid, '<Pause length="1"/>')
    ear = room.ear("callee")
    await auntil(lambda: callee_finished(room, 1))
    await frames(second, "media", len(second.of("media")) + 2)
    (said,) = (await phone.truth(call.sid))["said"]
    ear.feed(second.inbound())
    (heard,) = ear.heard()
    spoken_ms = said["end_ms"] - said["start_ms"]
    assert heard.end_ms - heard.start_ms < spoken_ms - 900
    assert heard.text == "(inaudible)"


async def test_marks_that_wait_are_lost_with_their_stream(phone: Phone) -> None:
    call = await phone.call()
    first = await phone.service.socket()
    await first.play(NOISE * 3)
    await first.mark("never")
    room = phone.simulator.world.room(call.sid or "")
    await auntil(lambda: any(note["kind"] == "first_agent_sample" for note in room.timeline))
    second = await redirected(phone, call.sid, "")
    await frames(second, "media", 5)
    await second.mark("at once")
    await frames(second, "mark", 1)
    assert first.of("mark") == []
    assert [frame["mark"]["name"] for frame in second.of("mark")] == ["at once"]
    runs = [stream["agent_runs"] for stream in (await phone.truth(call.sid))["streams"]]
    assert (len(runs[0]), runs[1]) == (1, [])


async def test_a_server_that_does_not_read_keeps_no_redirect_waiting(phone: Phone) -> None:
    call = await phone.call()
    first = await phone.service.socket()
    first.reading.clear()
    second = await redirected(phone, call.sid, '<Play digits="5"/>')
    await frames(second, "media", 5)
    truth = await phone.truth(call.sid)
    stopped, started = notes(truth, "stream_stopped")[0], notes(truth, "stream_started")[1]
    assert started["at_ms"] - stopped["at_ms"] < 2000
    assert [note["key"] for note in notes(truth, "key_heard")] == ["5"]


async def test_a_server_slow_to_take_the_new_socket_gets_the_time_from_its_start(phone: Phone) -> None:
    call = await phone.call()
    await phone.service.socket()
    phone.service.handshake_delay_s = 0.7
    second = await redirected(phone, call.sid, "")
    media = await frames(second, "media", 10)
    assert 100 <= int(media[0]["media"]["timestamp"]) <= 170
    assert [int(frame["media"]["chunk"]) for frame in media[:10]] == list(range(1, 11))
    truth = await phone.truth(call.sid)
    assert [note["kind"] for note in truth["timeline"] if note["kind"].startswith("stream_")] == [
        "stream_started",
        "stream_stopped",
        "stream_started",
    ]


async def test_a_redirect_overtaken_by_another_plays_what_it_had_begun(phone: Phone) -> None:
    call = await phone.call()
    await phone.service.socket()
    await phone.update(call.sid, twiml=after(phone.service, '<Play digits="1WWWW2"/>'))
    room = phone.simulator.world.room(call.sid or "")
    await auntil(lambda: any(note["kind"] == "key_heard" for note in room.timeline))
    await redirected(phone, call.sid, '<Play digits="3"/>')
    truth = await phone.truth(call.sid)
    assert [note["key"] for note in notes(truth, "key_heard")] == ["1", "3"]


async def test_a_hang_up_while_keys_are_played_ends_the_call(phone: Phone) -> None:
    call = await phone.call()
    await phone.service.socket()
    await phone.update(call.sid, twiml=after(phone.service, '<Play digits="1WWWWWWWW"/>'))
    await phone.update(call.sid, status="completed")
    truth = await phone.ended(call.sid)
    assert (truth["status"], truth["ended_by"], len(truth["streams"])) == ("completed", "api", 1)


async def test_every_stream_of_a_call_has_its_own_callbacks(phone: Phone) -> None:
    call = await phone.call()
    first = await phone.service.socket()
    second = await redirected(phone, call.sid, "")
    await phone.update(call.sid, status="completed")
    await auntil(lambda: len(phone.service.at("/stream-status")) == 4)
    told = [
        (hook.params["StreamSid"], hook.params["StreamEvent"]) for hook in phone.service.at("/stream-status")
    ]
    assert told == [
        (first.stream_sid, "stream-started"),
        (first.stream_sid, "stream-stopped"),
        (second.stream_sid, "stream-started"),
        (second.stream_sid, "stream-stopped"),
    ]
