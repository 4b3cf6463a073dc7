"""A call that one process holds, while a person at another acts on it and listens in to it."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.calls import stack as calls
from tests.calls.call_checks import BYTES_PER_MS, final_turns
from tests.calls.second_web import second_web_process
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

ASKED, SAID = "ask about a loyalty discount", "Please give me one moment."


@dataclass
class Heard:
    """What a listener got: the pieces of both lanes, and why it ended."""

    format: dict[str, Any] = field(default_factory=dict)
    lanes: tuple[list[tuple[float, bytes]], list[tuple[float, bytes]]] = field(
        default_factory=lambda: ([], [])
    )
    code: int = 0


@dataclass
class Acted:
    """One call, what was done in it, and who heard it where."""

    call: PlacedCall
    answers: list[int]
    near: Heard
    far: Heard


async def listen_in(stack: Stack, session_id: str) -> Heard:
    """Hear a call to its end."""
    heard = Heard()
    url = f"{stack.url.replace('http', 'ws', 1)}/ws/call/{session_id}/audio"
    async with connect(url, additional_headers={"Authorization": f"Bearer {stack.api_key}"}) as socket:
        with suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, str):
                    told = json.loads(message)
                    assert told["type"] == "format", told
                    heard.format = told
                else:
                    lane, start_ms = struct.unpack_from(">Bd", message)
                    heard.lanes[lane].append((start_ms, message[9:]))
        heard.code = socket.close_code or 0
    return heard


class Person:
    """Does one thing after the other, each as soon as the call is where it makes sense."""

    def __init__(self, client: aiohttp.ClientSession, call: PlacedCall) -> None:
        self.answers: list[int] = []
        self._client = client
        self._call = call
        self._told = asyncio.Event()

    def told(self) -> None:
        """An event has come."""
        self._told.set()

    async def until(self, condition: Any) -> None:
        while not condition():
            self._told.clear()
            await self._told.wait()

    async def act(self, **body: str) -> dict[str, Any]:
        """Send an action and wait for what comes of it."""
        async with self._client.post(f"/api/calls/{self._call.session_id}/actions", json=body) as answer:
            self.answers.append(answer.status)
            told = await answer.json()
        found: list[dict[str, Any]] = []

        def outcome() -> bool:
            found[:] = [data for data in self._call.of("operator_action") if data["id"] == told["action_id"]]
            return bool(found)

        await self.until(outcome)
        return found[0]

    async def lead(self) -> None:
        of, call = self._call.of, self._call
        await self.until(lambda: any(agent["status"] == "ready" for agent in of("agent")))
        await self.act(type="whisper", text=ASKED)
        await self.until(lambda: final_turns(call))
        await self.act(type="mute")
        await self.until(lambda: any(turn["heard"] == 0.0 for turn in final_turns(call)))
        await self.act(type="unmute")
        while (await self.act(type="say", text=SAID))["result"] == "refused":
            pass
        await self.until(lambda: any(SAID in turn["heard_text"] for turn in final_turns(call)))
        await self.act(type="dtmf", digits="7")
        await self.until(lambda: [stream["status"] for stream in of("stream")].count("started") == 2)
        await self.act(type="end")


@pytest.fixture(scope="module")
def acted(stack: Stack) -> Iterator[Acted]:
    with second_web_process(stack) as second:
        yield asyncio.run(act_on_a_call(stack, second))


async def act_on_a_call(stack: Stack, second: Stack) -> Acted:
    async with stack.client() as client, second.client() as at_second, asyncio.timeout(calls.CALL_TIMEOUT_S):
        task = await calls.create_task(client, calls.HAGGLER)
        async with calls.feed(stack, task["id"]) as messages:
            call = PlacedCall(task, await calls.start_call(at_second, task["id"]))
            person = Person(client, call)
            listeners = [asyncio.create_task(listen_in(at, call.session_id)) for at in (second, stack)]
            leading = asyncio.create_task(person.lead())
            async for message in messages:
                if message["seq"] is not None and message["type"] != "snapshot":
                    call.events.append(message)
                    person.told()
                if message["type"] == "recording":
                    break
            await leading
            near, far = await asyncio.gather(*listeners)
        async with client.get(f"/api/tasks/{task['id']}") as answer:
            call.task = await answer.json()
    await calls.ask_simulator(stack, call)
    return Acted(call, person.answers, near, far)


def test_what_was_done_is_on_the_record_with_who_did_it(acted: Acted) -> None:
    assert set(acted.answers) == {202}
    told = [
        (data["action"], data["result"])
        for data in acted.call.of("operator_action")
        if data["result"] == "ok"
    ]
    assert told == [(action, "ok") for action in ("whisper", "mute", "unmute", "say", "dtmf", "end")]
    assert len({data["by"] for data in acted.call.of("operator_action")}) == 1
    assert acted.call.task["calls"][0]["ended_reason"] == "operator_ended"


def test_the_person_called_hears_what_was_said_and_feels_the_keys(acted: Acted) -> None:
    heard = " ".join(heard["text"] for heard in acted.call.truth["heard"])
    assert SAID in heard
    assert [note["key"] for note in acted.call.truth["timeline"] if note["kind"] == "key_heard"] == ["7"]


def test_a_muted_agent_follows_a_whisper_and_is_not_heard(acted: Acted) -> None:
    unheard = [turn for turn in final_turns(acted.call) if turn["heard"] == 0.0]
    assert "loyalty discount" in unheard[0]["text"]
    heard = " ".join(heard["text"] for heard in acted.call.truth["heard"])
    assert all(turn["text"] not in heard for turn in unheard)


@pytest.mark.parametrize("where", ["near", "far"])
def test_a_listener_hears_both_sides_as_they_sounded(stack: Stack, acted: Acted, where: str) -> None:
    heard: Heard = getattr(acted, where)
    assert heard.format["lanes"] == ["caller", "agent"]
    assert heard.code == 4410
    until_ms = end_of_the_first_stream_ms(heard)
    for lane, truth in enumerate((acted.call.callee_said, acted.call.callee_heard)):
        pieces = [piece for piece in heard.lanes[lane] if piece[0] < until_ms]
        ends = [start_ms + len(audio) / BYTES_PER_MS for start_ms, audio in pieces]
        assert all(start_ms > end_ms - 1 for (start_ms, _), end_ms in zip(pieces[1:], ends, strict=False))
        assert all(len(audio) <= 800 and audio in truth for _, audio in pieces)
        audible = len(truth.replace(b"\xff" * 160, b""))
        assert sum(len(audio) for _, audio in pieces) >= 0.9 * audible


def end_of_the_first_stream_ms(heard: Heard) -> float:
    """Where the caller's lane has its gap while the keys are pressed; nowhere when nothing came after it."""
    lane = heard.lanes[0]
    ends = [start_ms + len(audio) / BYTES_PER_MS for start_ms, audio in lane]
    gaps = (end for (start_ms, _), end in zip(lane[1:], ends, strict=False) if start_ms - end > 100)
    return next(gaps, float("inf"))
