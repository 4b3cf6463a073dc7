"""Whole calls through the real command and real sockets: what we say of them is what the other side knows."""

from __future__ import annotations

import asyncio
import audioop
import re
from functools import partial
from typing import Any

import pytest

from telephony.events import DESCRIPTIONS
from tests.calls import stack as calls
from tests.calls.call_checks import (
    final_turns,
    inbound_is_what_was_sent,
    outbound_is_what_was_heard,
    recorded,
    words,
)
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]


def last(placed: PlacedCall) -> dict[str, Any]:
    (call,) = placed.task["calls"]
    return dict(call)


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded"])
def test_a_call_goes_through_its_states_and_ends_by_the_agent(
    placed: dict[str, PlacedCall], name: str
) -> None:
    call = placed[name]
    states = call.states()
    assert states[-1] == "completed"
    order = ["reserved", "placing", "queued", "ringing", "in_progress", "ending", "completed"]
    assert states == [state for state in order if state in states]
    assert last(call)["ended_reason"] == "agent_ended"
    assert call.truth["status"] == "completed"
    assert call.task["status"] == "ended"


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded", "stopped"])
def test_the_feed_is_numbered_without_a_hole(placed: dict[str, PlacedCall], name: str) -> None:
    call = placed[name]
    seqs = [event["seq"] for event in call.events]
    assert seqs == list(range(1, len(seqs) + 1))
    assert {event["session_id"] for event in call.events} == {call.session_id}


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded", "stopped"])
def test_events_have_the_fields_that_are_documented(placed: dict[str, PlacedCall], name: str) -> None:
    assert placed[name].events
    for event in placed[name].events:
        documented = set(re.findall(r"`(\w+)`", DESCRIPTIONS[event["type"]]))
        assert set(event["data"]) <= documented, event["type"]


@pytest.mark.parametrize("name", ["clerk", "haggler"])
def test_turns_of_both_sides_are_what_the_other_side_heard(placed: dict[str, PlacedCall], name: str) -> None:
    call = placed[name]
    turns = final_turns(call)
    assert {turn["speaker"] for turn in turns} == {"caller", "agent"}
    heard_by_callee = " ".join(heard["text"] for heard in call.truth["heard"])
    said_by_agent = " ".join(turn["heard_text"] for turn in turns if turn["speaker"] == "agent")
    assert words(said_by_agent) == words(heard_by_callee)
    spoken = " ".join(said["text"] for said in call.truth["said"])
    for turn in turns:
        if turn["speaker"] == "caller":
            assert " ".join(words(turn["text"])) in " ".join(words(spoken))


@pytest.mark.parametrize("name", ["clerk", "haggler", "recorded"])
def test_the_agent_waits_for_the_hello_and_answers_within_a_second(
    placed: dict[str, PlacedCall], name: str
) -> None:
    truth = placed[name].truth
    hello_end_ms = truth["said"][0]["end_ms"]
    agent_start_ms = truth["streams"][0]["agent_runs"][0]["start_ms"]
    assert 0 < agent_start_ms - hello_end_ms <= 1000


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded"])
def test_the_first_sentence_discloses(placed: dict[str, PlacedCall], name: str) -> None:
    first = placed[name].truth["heard"][0]["text"]
    sentence = re.split(r"(?<=[.!?])\s", first)[0]
    assert re.search(r"\bA\.?I\.? assistant\b", sentence)
    assert "on behalf of" in sentence


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded", "stopped"])
def test_the_inbound_track_is_what_was_sent_byte_for_byte(
    stack: Stack, placed: dict[str, PlacedCall], name: str
) -> None:
    inbound_is_what_was_sent(stack, placed[name])


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded"])
def test_each_run_of_the_outbound_track_is_what_was_heard_when_it_was_heard(
    stack: Stack, placed: dict[str, PlacedCall], name: str
) -> None:
    outbound_is_what_was_heard(stack, placed[name])


@pytest.mark.parametrize("name", ["clerk", "haggler", "interrupter", "recorded", "stopped"])
def test_the_mix_is_both_tracks(stack: Stack, placed: dict[str, PlacedCall], name: str) -> None:
    channels, mixed = asyncio.run(calls.wav(stack, placed[name].task["id"], "mixed"))
    inbound, outbound = recorded(stack, placed[name], "inbound"), recorded(stack, placed[name], "outbound")
    assert channels == 2
    assert audioop.tomono(mixed, 2, 1, 0) == inbound
    assert audioop.tomono(mixed, 2, 0, 1) == outbound


def test_a_barge_in_silences_the_agent_at_once(placed: dict[str, PlacedCall]) -> None:
    call = placed["interrupter"]
    assert call.of("barge_in")
    cuts = [run for run in call.truth["streams"][0]["agent_runs"] if run["cut"]]
    assert cuts
    starts = [note["at_ms"] for note in call.truth["timeline"] if note["kind"] == "user_started_speaking"]
    for run in cuts:
        heard_after_ms = min(run["end_ms"] - at_ms for at_ms in starts if at_ms <= run["end_ms"])
        assert heard_after_ms <= 60


def test_the_turn_of_a_barge_in_says_what_was_heard(placed: dict[str, PlacedCall]) -> None:
    call = placed["interrupter"]
    cut = [turn for turn in final_turns(call) if turn["speaker"] == "agent" and turn["heard"] < 1]
    assert cut
    partly = [heard["text"] for heard in call.truth["heard"] if not heard["complete"]]
    assert partly
    ours, theirs = words(cut[0]["heard_text"]), words(partly[0])
    assert len(cut[0]["heard_text"]) < len(cut[0]["text"])
    assert ours[: len(theirs) - 2] == theirs[: len(ours)][: len(theirs) - 2]
    assert abs(len(ours) - len(theirs)) <= 2


def test_a_stopped_call_is_dead_at_twilio(placed: dict[str, PlacedCall]) -> None:
    call = placed["stopped"]
    assert last(call)["ended_reason"] == "operator_ended"
    assert last(call)["state"] == "completed"
    assert call.truth["status"] == "completed"
    assert call.truth["ended_by"] == "api"
    assert call.of("stop_requested")


def test_the_walk_away_point_is_never_spoken_nor_shown(placed: dict[str, PlacedCall]) -> None:
    for call in placed.values():
        shown = str(call.task) + str(call.events) + str(call.snapshots) + str(call.truth["heard"])
        assert "ocelot" in calls.ERRAND["walkaway_point"]
        assert "ocelot" not in shown


def test_two_starts_at_once_place_one_call(stack: Stack) -> None:
    async def start_twice() -> list[int]:
        async with stack.client() as client:
            task = await calls.create_task(client, calls.CLERK)

            async def start() -> int:
                async with client.post(f"/api/tasks/{task['id']}/call") as answer:
                    return answer.status

            statuses = await asyncio.gather(start(), start())
            async with client.get(f"/api/tasks/{task['id']}") as answer:
                assert len((await answer.json())["calls"]) == 1
            async with client.post(f"/api/tasks/{task['id']}/stop") as answer:
                assert answer.status == 200
            return sorted(statuses)

    async def tries() -> list[list[int]]:
        return [await start_twice() for _ in range(50)]

    assert asyncio.run(tries()) == [[200, 409]] * 50


def test_crossed_audio_is_heard_by_nobody(stack: Stack) -> None:
    """The simulator's own test of itself: were we to mix two calls up, both sides would notice."""

    async def cross() -> tuple[PlacedCall, PlacedCall]:
        async with stack.client() as client:
            placed = []
            for _ in range(2):
                task = await calls.create_task(client, calls.HAGGLER)
                placed.append(PlacedCall(task, await calls.start_call(client, task["id"])))
            one, two = [await calls.call_sid_in_progress(client, call) for call in placed]
            await calls.cross(stack, one, two)
            for call, sid in zip(placed, (one, two), strict=True):
                await calls.until(partial(inaudible_on_both_sides, stack, sid))
                call.truth = await stack.truth(sid)
                async with client.post(f"/api/tasks/{call.task['id']}/stop") as answer:
                    assert answer.status == 200
            return placed[0], placed[1]

    for call in asyncio.run(cross()):
        assert "(inaudible)" in str(call.truth["heard"])


async def inaudible_on_both_sides(stack: Stack, sid: str) -> bool:
    truth = await stack.truth(sid)
    agent_heard = [note.get("text") for note in truth["timeline"] if note["kind"] == "user_text"]
    return "(inaudible)" in str(truth["heard"]) and "(inaudible)" in agent_heard
