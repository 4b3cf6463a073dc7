"""What can be made to go wrong: callbacks, answers of the REST API, media streams."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from simulator.twilio.faults import CallbackFaults, FaultError, Faults, MediaFaults, RestFaults, parse
from tests.simulator.twilio.conftest import BUSY, FROM, QUIET, SLOW, Phone
from tests.simulator.twilio.test_streams import frames
from tests.waiting import auntil

pytestmark = pytest.mark.integration

ORDERLY = ["initiated", "ringing", "in-progress", "completed"]


def told(phone: Phone) -> list[str]:
    return [hook.params["CallStatus"] for hook in phone.service.at("/status")]


async def finished(phone: Phone, count: int) -> list[str]:
    """Make a call with a stream, end it, and wait for so many callbacks."""
    call = await phone.call()
    stream = await phone.service.socket()
    await phone.update(call.sid, status="completed")
    await auntil(lambda: len(phone.service.at("/status")) == count)
    await auntil(lambda: stream.closed)
    return told(phone)


async def create(phone: Phone) -> aiohttp.ClientResponse:
    """POST /Calls without the SDK, as it is on the wire."""
    auth = {"Authorization": aiohttp.encode_basic_auth(phone.client.username, phone.client.password)}
    url = f"{phone.simulator.url}/2010-04-01/Accounts/{phone.client.username}/Calls.json"
    form = {"To": SLOW, "From": FROM, "Twiml": "<Response/>"}
    return await phone.http.post(url, data=form, headers=auth, timeout=aiohttp.ClientTimeout(total=0.5))


async def placed(phone: Phone) -> int:
    count: int = (await phone.control("ledger"))["placed"]
    return count


def test_faults_are_read() -> None:
    text = """{"callbacks": {"delay_ms": 5, "drop": ["ringing"]}, "rest": {"create": "429", "times": 2},
      "media": {"start": "never"}}"""
    assert parse(text) == Faults(
        callbacks=CallbackFaults(delay_ms=5, drop=frozenset({"ringing"})),
        rest=RestFaults(create="429", times=2),
        media=MediaFaults(start="never"),
    )
    assert parse("{}") == Faults()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "body: Invalid JSON"),
        ("[]", "body: "),
        ('{"callback": {}}', "callback: Extra inputs are not permitted"),
        ('{"callbacks": {"delay_ms": "5"}}', "callbacks.delay_ms: Input should be a valid integer"),
        (
            '{"callbacks": {"delay_ms": -1, "drop": ["x"]}}',
            "callbacks.delay_ms: .*; callbacks.drop.*'initiated'",
        ),
        ('{"rest": {"create": "500"}}', "rest.create: Input should be '429', '500_after'"),
        ('{"rest": {"times": 2}}', "rest: .*times needs create"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(text: str, problem: str) -> None:
    with pytest.raises(FaultError, match=problem):
        parse(text)


async def test_faults_are_shown_refused_and_reset(phone: Phone) -> None:
    url = f"{phone.simulator.url}/simulator/faults"
    await phone.faults({"media": {"start": "never"}})
    async with phone.http.post(url, json={"media": {"start": "late"}}) as response:
        assert response.status == 400
        assert "media.start: " in (await response.json())["error"]
    assert await phone.control("faults") == {"media": {"start": "never"}}
    await phone.faults({})
    assert await phone.control("faults") == {}
    assert await finished(phone, 4) == ORDERLY


async def test_callbacks_are_dropped_and_their_numbers_missing(phone: Phone) -> None:
    await phone.faults({"callbacks": {"drop": ["ringing", "answered"]}})
    assert await finished(phone, 2) == ["initiated", "completed"]
    assert [hook.params["SequenceNumber"] for hook in phone.service.at("/status")] == ["0", "3"]


async def test_callbacks_come_twice(phone: Phone) -> None:
    await phone.faults({"callbacks": {"duplicate": True}})
    assert await finished(phone, 8) == [status for status in ORDERLY for _ in range(2)]
    numbers = [hook.params["SequenceNumber"] for hook in phone.service.at("/status")]
    assert numbers == ["0", "0", "1", "1", "2", "2", "3", "3"]


async def test_callbacks_come_the_wrong_way_round(phone: Phone) -> None:
    await phone.faults({"callbacks": {"shuffle": True, "drop": ["stream-started", "stream-stopped"]}})
    assert await finished(phone, 4) == ["ringing", "initiated", "completed", "in-progress"]
    await phone.call(BUSY)
    await auntil(lambda: len(phone.service.at("/status")) == 6)
    assert told(phone)[4:] == ["busy", "initiated"]


async def test_callbacks_come_late_and_the_call_does_not_wait_for_them(phone: Phone) -> None:
    await phone.faults({"callbacks": {"delay_ms": 600}})
    await phone.call(SLOW)
    room = next(iter(phone.simulator.world.rooms.values()))
    await auntil(lambda: any(note.get("status") == "ringing" for note in room.timeline))
    rang_ms = phone.simulator.world.now_ms()
    await auntil(lambda: told(phone) == ["initiated", "ringing"])
    assert phone.simulator.world.now_ms() - rang_ms == pytest.approx(600, abs=250)


async def test_it_rings_before_the_creation_is_answered(phone: Phone) -> None:
    await phone.faults({"callbacks": {"before_create_reply": True}})
    call = await phone.call(SLOW)
    assert told(phone) == ["initiated", "ringing"]
    assert call.status == "queued"
    unheard = await phone.call(BUSY, status_callback_event=["answered"])
    assert unheard.status == "queued"


@pytest.mark.parametrize(
    ("fault", "status", "body", "places"),
    [
        ("429", 429, '"code": 20429', 0),
        ("500_after", 500, '"code": 20500', 1),
        ("garbage", 201, "<html>", 0),
        ("garbage_after", 201, "<html>", 1),
    ],
)
async def test_creations_are_answered_wrongly(
    phone: Phone, fault: str, status: int, body: str, places: int
) -> None:
    await phone.faults({"rest": {"create": fault}})
    async with await create(phone) as response:
        assert response.status == status
        assert body in await response.text()
    assert await placed(phone) == places
    async with await create(phone) as response:
        assert response.status == 201
    assert await placed(phone) == places + 1


@pytest.mark.parametrize(
    ("fault", "error"), [("hang_after", TimeoutError), ("drop_after", aiohttp.ServerDisconnectedError)]
)
async def test_creations_are_not_answered_at_all(phone: Phone, fault: str, error: type[Exception]) -> None:
    await phone.faults({"rest": {"create": fault, "times": 2}})
    for count in (1, 2):
        with pytest.raises(error):
            await create(phone)
        assert await placed(phone) == count
    async with await create(phone) as response:
        assert response.status == 201


async def events(phone: Phone, media: dict[str, Any]) -> list[str]:
    """The events of a short stream with these faults; media frames after the first three left out."""
    await phone.faults({"media": media})
    call = await phone.call()
    await auntil(lambda: bool(phone.service.sockets))
    stream = phone.service.sockets[0]
    await frames(stream, "media", 4)
    await phone.update(call.sid, status="completed")
    await auntil(lambda: stream.closed)
    kinds = [frame["event"] for frame in stream.frames]
    return [kind for index, kind in enumerate(kinds) if kind != "media" or index < 4]


@pytest.mark.parametrize(
    ("media", "seen"),
    [
        ({"start": "never"}, ["connected", "media", "media", "media", "stop"]),
        ({"start": "twice"}, ["connected", "start", "start", "media", "stop"]),
        ({"media_before_start": True}, ["connected", "media", "start", "media", "stop"]),
        ({"stop": "never"}, ["connected", "start", "media", "media"]),
        ({"stop": "twice"}, ["connected", "start", "media", "media", "stop", "stop"]),
    ],
)
async def test_frames_are_missing_or_doubled(phone: Phone, media: dict[str, Any], seen: list[str]) -> None:
    assert await events(phone, media) == seen


async def test_a_stream_of_another_call(phone: Phone) -> None:
    await phone.faults({"media": {"start": "wrong_call"}})
    call = await phone.call()
    start = (await phone.service.socket()).of("start")[0]["start"]
    assert start["callSid"] != call.sid
    assert start["callSid"].startswith("CA")


async def test_a_connection_that_is_cut(phone: Phone) -> None:
    await phone.faults({"media": {"abort_after_ms": 200}})
    call = await phone.call(QUIET)
    stream = await phone.service.socket()
    await auntil(lambda: stream.closed)
    assert not stream.of("stop")
    assert stream.socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    assert (await phone.ended(call.sid))["ended_by"] == "document"


async def test_a_stream_that_is_dialled_late(phone: Phone) -> None:
    await phone.faults({"media": {"connect_delay_ms": 400}})
    call = await phone.call()
    await phone.service.socket()
    truth = await phone.truth(call.sid)
    (started,) = [note for note in truth["timeline"] if note["kind"] == "stream_started"]
    answered_ms = {entry["status"]: entry["at_ms"] for entry in truth["statuses"]}["in-progress"]
    assert started["at_ms"] - answered_ms == pytest.approx(400, abs=200)
