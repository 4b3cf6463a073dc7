"""Everybody who may answer, all called at the same time: each call ends as it should, and leaves what is true."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.calls import stack as calls
from tests.calls.call_checks import BYTES_PER_MS, final_turns, linear, recorded, same_but_for_its_end, words
from tests.calls.ledger import assert_all_accounted_for
from tests.calls.scenario_ends import ANSWERED, REFUSED, UNANSWERED
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

SPEECHLESS = {"hangs_up_at_once", "ivr_loop"}
"""Where the agent has nobody to introduce itself to."""

STOPPED = "slow_answer"
"""Who is called a second time, to be stopped while it rings."""


@dataclass
class Refused:
    """The answer to a call that was refused, and the task afterwards."""

    status: int
    problem: dict[str, Any]
    task: dict[str, Any]


@dataclass
class Everybody:
    """All the calls."""

    stack: Stack
    placed: dict[str, PlacedCall]
    refused: dict[str, Refused]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    """A product that does not wait long, and a call to everybody at once."""
    environment = {"RING_TIMEOUT_SECONDS": "25", "SILENCE_TIMEOUT_SECONDS": "8"}
    with calls.running_stack(tmp_path_factory.mktemp("everybody"), **environment) as stack:
        yield asyncio.run(_call_everybody(stack))


async def _call_everybody(stack: Stack) -> Everybody:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{stack.simulator_url}/simulator/scenarios") as answer,
    ):
        numbers = {row["name"].replace("-", "_"): row["number"] for row in await answer.json()}
    assert set(numbers) == {*ANSWERED, *UNANSWERED, *REFUSED} - {"stopped"}
    async with asyncio.TaskGroup() as together:
        placed = {
            name: together.create_task(calls.place_and_follow(stack, number))
            for name, number in numbers.items()
            if name not in REFUSED
        }
        placed["stopped"] = together.create_task(
            calls.place_and_follow(stack, numbers[STOPPED], stop_when="ringing")
        )
        refused = {name: together.create_task(_refused(stack, numbers[name])) for name in REFUSED}
    done = {name: task.result() for name, task in placed.items()}
    await _audio_settled(stack, done["hangs_up_at_once"])
    return Everybody(stack, done, {name: task.result() for name, task in refused.items()})


async def _audio_settled(stack: Stack, call: PlacedCall) -> None:
    """Wait for the recording of a call so short that its end may come before its audio, or instead of it."""

    async def settled() -> bool:
        async with stack.client() as client, client.get(f"/api/tasks/{call.task['id']}") as answer:
            call.task = await answer.json()
        return bool(row(call)["recording_state"] == audio_state(call))

    await calls.until(settled)


async def _refused(stack: Stack, number: str) -> Refused:
    async with stack.client() as client:
        task = await calls.create_task(client, number)
        async with client.post(f"/api/tasks/{task['id']}/call") as answer:
            status, problem = answer.status, await answer.json(content_type=None)
        async with client.get(f"/api/tasks/{task['id']}") as answer:
            return Refused(status, problem, await answer.json())


def row(call: PlacedCall) -> dict[str, Any]:
    (only,) = call.task["calls"]
    return dict(only)


def audio_state(call: PlacedCall) -> str | None:
    """What becomes of a recording: none without any audio from Twilio."""
    return "finished" if call.truth["streams"] else None


def test_none_is_lost_doubled_or_left_up(everybody: Everybody) -> None:
    assert_all_accounted_for(everybody.stack)


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answered_call_ends_as_it_should(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    assert (row(call)["state"], row(call)["ended_reason"]) == ("completed", ANSWERED[name])
    assert row(call)["answered_at"] and row(call)["ended_at"]
    assert call.task["status"] == "ended"
    assert call.truth["status"] == "completed"
    assert call.truth["scenario"] == name


@pytest.mark.parametrize("name", UNANSWERED)
def test_a_call_that_nobody_takes_says_why(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    state, reason, at_twilio = UNANSWERED[name]
    assert (row(call)["state"], row(call)["ended_reason"]) == (state, reason)
    assert call.truth["status"] == at_twilio
    assert call.task["status"] == ("ended" if state == "canceled" else "failed")
    assert row(call)["ended_at"]
    assert not row(call)["answered_at"]
    assert row(call)["recording_state"] is None
    assert call.truth["streams"] == []
    assert call.of("transcript_update") == []


def test_a_call_stopped_while_it_rings_never_rang_through(everybody: Everybody) -> None:
    call = everybody.placed["stopped"]
    assert "ringing" in call.states()
    assert call.of("stop_requested")
    assert call.truth["ended_by"] == "api"


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_that_twilio_refuses_is_refused_by_name(everybody: Everybody, name: str) -> None:
    refused = everybody.refused[name]
    assert (refused.status, refused.problem["code"]) == REFUSED[name]
    assert refused.problem["ok"] is False
    (call,) = refused.task["calls"]
    assert (call["state"], call["ended_reason"]) == ("failed", REFUSED[name][1])
    assert call["call_sid"] is None
    assert refused.task["status"] == "failed"


@pytest.mark.parametrize("name", [*ANSWERED, *UNANSWERED])
def test_a_call_has_one_end_and_events_without_a_hole(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    ends = [
        state for state in call.states() if state in {"completed", *(end for end, *_ in UNANSWERED.values())}
    ]
    assert ends == [row(call)["state"]]
    seqs = [event["seq"] for event in call.events]
    assert seqs == list(range(1, len(seqs) + 1))
    assert {event["session_id"] for event in call.events} == {call.session_id}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_inbound_track_is_what_the_callee_sent_byte_for_byte(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    assert row(call)["recording_state"] == audio_state(call)
    inbound = recorded(everybody.stack, call, "inbound") if call.truth["streams"] else b""
    position = 0
    for number in range(len(call.truth["streams"])):
        said = asyncio.run(everybody.stack.truth(call.truth["sid"], f"/said.ulaw?stream={number}"))
        sent = linear(said)
        at = inbound.find(sent[: 2 * 2000 * BYTES_PER_MS], position)
        assert at >= 0, f"stream {number} is not in the recording"
        same_but_for_its_end(inbound[at : at + len(sent)], sent)
        position = at + len(sent)


@pytest.mark.parametrize("name", ANSWERED)
def test_the_transcript_is_what_was_said_and_heard(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    turns = final_turns(call)
    heard = " ".join(heard["text"] for heard in call.truth["heard"])
    spoken = " ".join(turn["heard_text"] for turn in turns if turn["speaker"] == "agent")
    assert abs(len(words(spoken)) - len(words(heard))) <= 2 * len(call.of("barge_in")) + ("midway" in name)
    if not call.of("barge_in") and "midway" not in name:
        assert words(spoken) == words(heard)
    said = [said["text"] for said in call.truth["said"] if said["text"]]
    if "greet" in [opening["decision"] for opening in call.of("opening")]:
        said = said[1:]  # the hello came before the agent could hear
    written = " ".join(turn["text"] for turn in turns if turn["speaker"] == "caller")
    assert words(written) == words(" ".join(said))


@pytest.mark.parametrize("name", sorted({*ANSWERED} - SPEECHLESS))
def test_the_agent_begins_with_the_disclosure(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    whole = [heard["text"] for heard in call.truth["heard"] if heard["complete"]]
    sentence = re.split(r"(?<=[.!?])\s", whole[0])[0]
    assert re.search(r"\bA\.?I\.? assistant\b", sentence)
    assert "on behalf of" in sentence


@pytest.mark.parametrize("name", ["ivr", "ivr_loop", "hold", "voicemail", "long_greeting"])
def test_the_agent_listens_to_whoever_talks_on(everybody: Everybody, name: str) -> None:
    call = everybody.placed[name]
    assert [opening["decision"] for opening in call.of("opening")] == ["listen"]
    assert final_turns(call)[0]["speaker"] == "caller"


def pressed(call: PlacedCall) -> list[str]:
    return [tool["arguments"]["keys"] for tool in call.of("tool_call") if tool["name"] == "press_keys"]


def test_a_menu_is_passed_with_keys_and_the_conversation_goes_on_in_the_same_call(
    everybody: Everybody,
) -> None:
    call = everybody.placed["ivr"]
    assert pressed(call) == ["2"]
    assert [note["key"] for note in call.truth["timeline"] if note["kind"] == "key_heard"] == ["2"]
    assert len(call.truth["stream_sids"]) == 2
    assert [stream["status"] for stream in call.of("stream")] == ["started", "stopped", "started"]
    assert len([note for note in call.truth["agent_sessions"] if note["kind"] == "agent_connected"]) == 1
    menu, connecting, person, opening, *rest = final_turns(call)
    assert "press 2" in menu["text"]
    assert "billing" in connecting["text"] and "hello" in person["text"]
    assert opening["speaker"] == "agent"
    assert {turn["speaker"] for turn in rest} == {"caller", "agent"}


def test_a_menu_that_leads_nowhere_is_given_up(everybody: Everybody) -> None:
    call = everybody.placed["ivr_loop"]
    assert 2 <= len(pressed(call)) <= 6
    assert len(call.truth["stream_sids"]) == len(pressed(call)) + 1


def test_a_voicemail_message_begins_after_the_tone(everybody: Everybody) -> None:
    call = everybody.placed["voicemail"]
    greeting, tone = call.truth["said"]
    assert greeting["text"] and not tone["text"]
    assert call.truth["streams"][0]["agent_runs"][0]["start_ms"] >= tone["end_ms"]
    (message, *_) = call.truth["heard"]
    assert message["complete"]


def test_nobody_speaks_while_on_hold(everybody: Everybody) -> None:
    call = everybody.placed["hold"]
    person = next(said for said in call.truth["said"] if "waiting" in said["text"])
    assert call.truth["streams"][0]["agent_runs"][0]["start_ms"] >= person["end_ms"]


def test_a_silent_line_is_asked_once_and_told_of_the_end(everybody: Everybody) -> None:
    call = everybody.placed["silent"]
    assert [turn["speaker"] for turn in final_turns(call)] == ["agent"] * 3
    assert "there" in final_turns(call)[1]["text"]
    assert call.truth["heard"][-1]["complete"]


def test_a_hang_up_in_the_middle_keeps_what_was_heard(everybody: Everybody) -> None:
    call = everybody.placed["hangs_up_midway"]
    assert call.truth["ended_by"] == "callee"
    last = [turn for turn in final_turns(call) if turn["heard"] > 0][-1]
    assert last["speaker"] == "agent"
    assert last["heard"] < 1
    assert words(last["text"])[: len(words(last["heard_text"]))] == words(last["heard_text"])


def test_one_who_talks_over_the_agent_is_listened_to_and_told_again(everybody: Everybody) -> None:
    call = everybody.placed["talks_over"]
    assert len(call.of("barge_in")) == 2
    cut = [turn for turn in final_turns(call) if turn["heard"] < 1]
    assert [turn["speaker"] for turn in cut] == ["agent", "agent"]


def test_keys_of_the_callee_are_events(everybody: Everybody) -> None:
    call = everybody.placed["presses_keys"]
    assert "".join(key["digit"] for key in call.of("dtmf")) == "42#"


def test_a_wrong_number_is_let_go_at_once(everybody: Everybody) -> None:
    call = everybody.placed["wrong_number"]
    assert row(call)["ended_detail"] == "wrong number"
    callers = [turn for turn in final_turns(call) if turn["speaker"] == "caller"]
    assert len(callers) == 1
