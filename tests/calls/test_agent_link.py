"""A voice agent that is refused, broken or silent: another one goes on, or the call ends in words, never in silence."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.calls import stack as calls
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

MAX_SILENCE_MS = 10_000

RECOVERS: dict[str, dict[str, Any]] = {
    "closed": {"close_after_ms": 7000},
    "aborted": {"abort_after_ms": 7000},
    "black_holed": {"blackhole_after_ms": 7000},
    "stalled": {"stall_after_ms": 7000},
    "error": {"error": "INTERNAL_SERVER_ERROR", "error_after_ms": 7000},
    "error_after_settings": {"error_after_settings": "FAILED_TO_START_LISTENING"},
    "busy_once": {"handshake": 500},
    "refused_once": {"handshake": "refuse"},
}
"""Faults of one connection that the next one does not have."""

GIVES_UP: dict[str, tuple[dict[str, Any], str]] = {
    "bad_key": ({"handshake": 401}, "DEEPGRAM_API_KEY"),
    "no_credit": ({"handshake": 402}, "payment"),
    "too_many": ({"handshake": 429, "times": 3}, "too many"),
    "unreachable": ({"handshake": "hang", "times": 9}, "cannot be reached"),
    "bad_settings": ({"error_before_settings": "INVALID_SETTINGS"}, "INVALID_SETTINGS"),
    "always_broken": ({"error_after_settings": "ASR_CONNECTION_CLOSED", "times": 9}, "ASR_CONNECTION_CLOSED"),
}
"""Faults that no other connection would mend, and a word of the reason that people are told."""


AT_CONNECT = {"handshake", "error_before_settings"}
"""Faults that strike before the simulator can know which call it is."""


async def plan(stack: Stack, **fault: Any) -> None:
    """What goes wrong next; nothing, when no fault is named."""
    url = f"{stack.simulator_url}/simulator/agent-faults"
    async with aiohttp.ClientSession() as client, client.post(url, json=fault) as answer:
        assert answer.status < 300, await answer.text()


async def start(stack: Stack, number: str, fault: dict[str, Any]) -> asyncio.Task[PlacedCall]:
    """Begin a call whose agent has a fault; a fault that would strike anybody has struck when this returns."""
    if not AT_CONNECT & set(fault):
        await plan(stack, **fault, to=number)
        return asyncio.create_task(calls.place_and_follow(stack, number))
    struck = asyncio.Event()

    def seen(message: dict[str, Any]) -> None:
        if message["data"].get("status") == "ready" or message["data"].get("state") == "completed":
            struck.set()

    await plan(stack, **fault)
    following = asyncio.create_task(calls.place_and_follow(stack, number, seen=seen))
    await asyncio.wait_for(struck.wait(), 60)
    await plan(stack)
    return following


@pytest.fixture(scope="module")
def faulty(stack: Stack) -> dict[str, PlacedCall]:
    """Every fault, each in a call of its own."""
    faults = {**RECOVERS, **{name: fault for name, (fault, _) in GIVES_UP.items()}}
    names = sorted(faults, key=lambda name: not AT_CONNECT & set(faults[name]))

    async def place_all() -> list[PlacedCall]:
        following = [await start(stack, f"+120255501{60 + i}", faults[name]) for i, name in enumerate(names)]
        return await asyncio.gather(*following)

    return dict(zip(names, asyncio.run(place_all()), strict=True))


@pytest.mark.parametrize("name", RECOVERS)
def test_the_call_goes_on_with_another_agent(faulty: dict[str, PlacedCall], name: str) -> None:
    call = faulty[name]
    assert call.task["calls"][0]["ended_reason"] == "agent_ended"
    assert call.states()[-1] == "completed"
    steps = [agent["status"] for agent in call.of("agent")]
    assert steps.count("error") == 1
    assert steps[-1] in {"ready", "closed"}
    assert steps.count("ready") == (2 if any("after_ms" in key for key in RECOVERS[name]) else 1)


@pytest.mark.parametrize("name", RECOVERS)
def test_nobody_is_greeted_twice(faulty: dict[str, PlacedCall], name: str) -> None:
    greetings = [
        heard
        for heard in faulty[name].truth["heard"]
        if "AI assistant" in heard["text"] and heard["complete"]
    ]
    assert len(greetings) == 1


@pytest.mark.parametrize("name", GIVES_UP)
def test_the_callee_is_told_and_the_reason_is_kept(faulty: dict[str, PlacedCall], name: str) -> None:
    call = faulty[name]
    (row,) = call.task["calls"]
    assert (row["state"], row["ended_reason"]) == ("completed", "error.deepgram")
    assert GIVES_UP[name][1] in row["ended_detail"]
    said = [note for note in call.truth["timeline"] if note["kind"] == "say"]
    assert len(said) == 1
    assert "sorry" in str(said[0]).lower()


@pytest.mark.parametrize("name", [*RECOVERS, *GIVES_UP])
def test_nobody_waits_in_silence(faulty: dict[str, PlacedCall], name: str) -> None:
    assert longest_silence_ms(faulty[name]) <= MAX_SILENCE_MS


def longest_silence_ms(call: PlacedCall) -> float:
    """The longest time in which the callee heard nothing and said nothing, on the simulator's clock."""
    truth = call.truth
    (started_ms,) = [note["at_ms"] for note in truth["timeline"] if note["kind"] == "stream_started"][:1]
    sounds = [(said["start_ms"], said["end_ms"]) for said in truth["said"]]
    sounds += [
        (run["start_ms"], run["end_ms"]) for stream in truth["streams"] for run in stream["agent_runs"]
    ]
    sounds += [
        (note["at_ms"], note["at_ms"]) for note in truth["timeline"] if note["kind"] in {"say", "hung_up"}
    ]
    longest, quiet_since_ms = 0.0, started_ms
    for start_ms, end_ms in sorted(sounds):
        longest = max(longest, start_ms - quiet_since_ms)
        quiet_since_ms = max(quiet_since_ms, end_ms)
    return longest
