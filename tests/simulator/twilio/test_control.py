"""The control API, where it is not shown by the tests of calls and streams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.server import Simulator
from tests.simulator.twilio.conftest import BUSY, QUIET, SLOW, Phone
from tests.waiting import auntil

pytestmark = pytest.mark.integration


async def test_scenarios_and_calls_are_listed(phone: Phone) -> None:
    base = f"{phone.simulator.url}/simulator"
    async with phone.http.get(f"{base}/scenarios") as response:
        scenarios = await response.json()
    assert {"name": "clerk", "number": QUIET, "description": "for tests"} in scenarios
    call = await phone.call(SLOW)
    async with phone.http.get(f"{base}/calls") as response:
        (listed,) = await response.json()
    assert (listed["sid"], listed["scenario"], listed["ended_by"]) == (call.sid, "slow", None)
    assert [entry["status"] for entry in listed["statuses"]][:1] == ["queued"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "CA0", None, 404, "no call CA0"),
        ("GET", "{sid}/heard.ulaw", None, 404, "no stream 0: the call has had 0"),
        ("GET", "{sid}/said.ulaw?stream=x", None, 404, "no stream x"),
        ("POST", "{sid}/cross", None, 400, 'the body must be {"with": "<CallSid>"}'),
        ("POST", "{sid}/cross", b"{", 400, 'the body must be {"with": "<CallSid>"}'),
        ("POST", "{sid}/cross", b'{"with": "{sid}"}', 409, "both calls must have a running stream"),
    ],
)
async def test_what_cannot_be_had_is_said_in_words(
    phone: Phone, method: str, path: str, body: bytes | None, status: int, text: str
) -> None:
    sid = str((await phone.call(SLOW)).sid)
    url = f"{phone.simulator.url}/simulator/calls/{path.format(sid=sid)}"
    data = body.replace(b"{sid}", sid.encode()) if body else None
    headers = {"Content-Type": "application/json"}
    async with phone.http.request(method, url, data=data, headers=headers) as response:
        assert response.status == status
        assert text in await response.text()


async def test_the_latest_calls_and_the_ledger(phone: Phone) -> None:
    calls = [await phone.call(BUSY), await phone.call(SLOW), await phone.call(SLOW)]
    await phone.ended(calls[0].sid)
    assert [call["sid"] for call in await phone.control("calls?limit=2")] == [calls[1].sid, calls[2].sid]
    assert await phone.control("calls?limit=0") == []
    assert len(await phone.control("calls?limit=9")) == 3
    async with phone.http.get(f"{phone.simulator.url}/simulator/calls?limit=two") as response:
        assert (response.status, await response.text()) == (400, "limit must be a number of calls, not 'two'")
    assert await phone.control("ledger") == {"up": [calls[1].sid, calls[2].sid], "placed": 3, "ended": 1}


async def spoken_call(phone: Phone) -> str:
    """A whole call in which 100 ms of something was played; its sid."""
    call = await phone.call()
    stream = await phone.service.socket(len(phone.service.sockets))
    await stream.play(b"\x10" * 800)
    await auntil(lambda: len(stream.of("media")) > 12)
    await phone.update(call.sid, status="completed")
    await auntil(lambda: stream.closed)
    return str(call.sid)


async def test_finished_calls_are_forgotten_their_audio_first(phone: Phone) -> None:
    config = replace(phone.simulator.config, finished_calls=3, finished_audio=1)
    async with Simulator(config) as small:
        there = replace(phone, simulator=small)
        phone.client.api.base_url = small.url
        sids = [await spoken_call(there) for _ in range(5)]
        await auntil(lambda: len(small.world.rooms) == 3)
        assert [call["sid"] for call in await there.control("calls")] == sids[2:]
        assert await there.control("ledger") == {"up": [], "placed": 5, "ended": 5}
        assert len((await there.audio(sids[4], "heard.ulaw"))[0]) > 800
        for name in ("heard.ulaw", "said.ulaw"):
            async with phone.http.get(f"{small.url}/simulator/calls/{sids[3]}/{name}") as response:
                assert (response.status, (await response.text())[:9]) == (410, "the audio")
        assert (await there.truth(sids[3]))["streams"][0]["agent_runs"][0]["n_bytes"] == 800
