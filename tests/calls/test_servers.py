"""The same calls on every server, and on two processes at once that share one database."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.calls import stack as calls
from tests.calls.call_checks import final_turns, inbound_is_what_was_sent, outbound_is_what_was_heard
from tests.calls.second_web import second_web_process, second_web_processes
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

STOPS_WITHIN_S = 3.0
OFF_BY_MS = 100
"""Four servers share the machine here, and Daphne, which is for development, is the slowest to read its marks."""


@dataclass
class Calls:
    """The calls of this module, all placed at the same time."""

    on_daphne: PlacedCall
    stopped: dict[str, PlacedCall]
    followed_twice: tuple[PlacedCall, list[dict[str, Any]]]
    """A call and its events as the first process told them; its own are those of the second."""


@pytest.fixture(scope="module")
def placed(stack: Stack) -> Calls:
    async def place_all(daphne: Stack, runserver: Stack, second: Stack) -> Calls:
        clerk, stopped, developers, twice = await asyncio.gather(
            calls.place_and_follow(daphne, calls.CLERK),
            calls.place_and_follow(daphne, calls.CLERK, stop_when="transcript_update"),
            calls.place_and_follow(runserver, calls.CLERK, stop_when="transcript_update"),
            place_on_the_second_and_stop_on_the_first(stack, second),
        )
        return Calls(clerk, {"daphne": stopped, "runserver": developers}, twice)

    with second_web_processes(stack, "daphne", "runserver", "serve") as processes:
        return asyncio.run(place_all(*processes))


async def place_on_the_second_and_stop_on_the_first(
    first: Stack, second: Stack
) -> tuple[PlacedCall, list[dict[str, Any]]]:
    """A task of the first process, its call held by the second, its feed followed on both."""
    seen_by_first: list[dict[str, Any]] = []
    async with first.client() as at_first, second.client() as at_second:
        task = await calls.create_task(at_first, calls.CLERK)
        async with calls.feed(first, task["id"]) as told_by_first, calls.feed(second, task["id"]) as told:
            call = PlacedCall(task, await calls.start_call(at_second, task["id"]))

            async def follow_first() -> None:
                async for message in told_by_first:
                    if message["type"] != "snapshot" and message["seq"] is not None:
                        seen_by_first.append(message)
                    if message["type"] == "transcript_update" and not stopped.is_set():
                        stopped.set()
                        async with at_first.post(f"/api/tasks/{task['id']}/stop") as answer:
                            assert answer.status == 200
                    if message["type"] == "recording":
                        return

            async def follow_second() -> None:
                async for message in told:
                    if message["type"] != "snapshot" and message["seq"] is not None:
                        call.events.append(message)
                    if message["type"] == "recording":
                        return

            stopped = asyncio.Event()
            async with asyncio.timeout(calls.CALL_TIMEOUT_S):
                await asyncio.gather(follow_first(), follow_second())
        async with at_first.get(f"/api/tasks/{task['id']}") as answer:
            call.task = await answer.json()
    call.truth = await first.truth(call.task["calls"][0]["call_sid"])
    return call, seen_by_first


def test_daphne_completes_a_call(placed: Calls) -> None:
    call = placed.on_daphne
    assert call.states()[-2:] == ["ending", "completed"]
    assert call.task["calls"][0]["ended_reason"] == "agent_ended"
    assert {turn["speaker"] for turn in final_turns(call)} == {"caller", "agent"}


def test_daphne_records_what_was_said_and_heard(stack: Stack, placed: Calls) -> None:
    inbound_is_what_was_sent(stack, placed.on_daphne)
    outbound_is_what_was_heard(stack, placed.on_daphne, off_by_ms=OFF_BY_MS)


@pytest.mark.parametrize("server", ["daphne", "runserver"])
def test_a_call_is_stopped_on_every_server(placed: Calls, server: str) -> None:
    call = placed.stopped[server]
    assert (call.states()[-1], call.task["calls"][0]["ended_reason"]) == ("completed", "operator_ended")
    assert (call.truth["status"], call.truth["ended_by"]) == ("completed", "api")


def test_a_call_of_another_process_is_followed_without_a_hole(placed: Calls) -> None:
    call, seen_by_first = placed.followed_twice
    for events in (call.events, seen_by_first):
        first_seq = events[0]["seq"]
        assert [event["seq"] for event in events] == list(range(first_seq, first_seq + len(events)))
    both = min(len(call.events), len(seen_by_first))  # what came before a snapshot is in the snapshot
    assert both > 5
    assert seen_by_first[-both:] == call.events[-both:]


def test_a_call_of_another_process_is_stopped(placed: Calls) -> None:
    call, _ = placed.followed_twice
    assert call.task["calls"][0]["ended_reason"] == "operator_ended"
    assert (call.truth["status"], call.truth["ended_by"]) == ("completed", "api")


def test_a_server_that_is_stopped_hangs_up_and_closes_the_recording(stack: Stack) -> None:
    async def until_somebody_speaks(server: Stack) -> str:
        async with server.client() as client:
            task = await calls.create_task(client, calls.CLERK)
            async with calls.feed(server, task["id"]) as messages, asyncio.timeout(calls.CALL_TIMEOUT_S):
                await calls.start_call(client, task["id"])
                async for message in messages:
                    if message["type"] == "transcript_update":
                        break
            return str(task["id"])

    with second_web_process(stack) as server:
        task_id = asyncio.run(until_somebody_speaks(server))
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < STOPS_WITHIN_S

    async def afterwards() -> PlacedCall:
        async with stack.client() as client, client.get(f"/api/tasks/{task_id}") as answer:
            task = await answer.json()
        return PlacedCall(task, "", truth=await stack.truth(task["calls"][0]["call_sid"]))

    call = asyncio.run(afterwards())
    assert call.task["calls"][0]["ended_reason"] == "error.app_restart"
    assert (call.truth["status"], call.truth["ended_by"]) == ("completed", "api")
    _, track = asyncio.run(calls.wav(stack, task_id, "inbound"))  # only of a closed recording
    assert any(track)
