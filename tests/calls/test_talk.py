"""A call whose callee sits at a browser: typed words are understood, a voice is heard, and somebody hangs up."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tasks_app.talk import VISITOR_NUMBER
from tests.calls import stack as calls
from tests.calls.call_checks import final_turns
from tests.calls.stack import PlacedCall, Stack
from tests.telephony.sounds import silence, voice

pytestmark = [pytest.mark.integration, pytest.mark.ws]

TYPED = "Sorry, who is calling?"
SPOKEN = voice(1200) + silence(200)


@dataclass
class Talked:
    """The call, what came out of the phone, and with which codes its socket and a second one were closed."""

    call: PlacedCall
    heard: bytearray = field(default_factory=bytearray)
    code: int = 0
    code_of_the_second: int = 0


@pytest.fixture(scope="module")
def talked(stack: Stack) -> Talked:
    return asyncio.run(talk(stack))


async def talk(stack: Stack) -> Talked:
    async with stack.client() as client, asyncio.timeout(calls.CALL_TIMEOUT_S):
        task = await calls.create_task(client, VISITOR_NUMBER)
        async with calls.feed(stack, task["id"]) as messages:
            talked = Talked(PlacedCall(task, await calls.start_call(client, task["id"])))
            url = f"{stack.url.replace('http', 'ws', 1)}/ws/talk/{talked.call.session_id}"
            key = {"Authorization": f"Bearer {stack.api_key}"}
            async with connect(url, additional_headers=key) as phone:
                assert json.loads(await phone.recv())["type"] == "ready"
                async with connect(url, additional_headers=key) as second:
                    with suppress(ConnectionClosed):
                        await second.recv()
                    talked.code_of_the_second = second.close_code or 0
                listening = asyncio.create_task(listen(phone, talked))
                steps = [{"text": TYPED}, SPOKEN, {"hang_up": True}]
                async for message in messages:
                    if message["seq"] is not None and message["type"] != "snapshot":
                        talked.call.events.append(message)
                    if steps and is_my_turn(talked.call, len(steps)):
                        step = steps.pop(0)
                        await phone.send(step if isinstance(step, bytes) else json.dumps(step))
                    if message["type"] == "recording":
                        break
                await listening
        async with client.get(f"/api/tasks/{task['id']}") as answer:
            talked.call.task = await answer.json()
    await calls.ask_simulator(stack, talked.call)
    return talked


def is_my_turn(call: PlacedCall, steps_left: int) -> bool:
    """Whether the agent has answered each step so far, the greeting first."""
    answers = [turn for turn in final_turns(call) if turn["speaker"] == "agent"]
    return len(answers) > 3 - steps_left


async def listen(phone: ClientConnection, talked: Talked) -> None:
    with suppress(ConnectionClosed):
        async for sound in phone:
            assert isinstance(sound, bytes)
            talked.heard += sound
    talked.code = phone.close_code or 0


def caller_texts(call: PlacedCall) -> list[Any]:
    return [turn["text"] for turn in final_turns(call) if turn["speaker"] == "caller"]


def test_typed_words_are_understood_and_a_voice_is_noticed(talked: Talked) -> None:
    assert caller_texts(talked.call) == [TYPED, "(inaudible)"]
    answer = next(turn for turn in final_turns(talked.call)[1:] if turn["speaker"] == "agent")
    assert "AI assistant" in answer["text"]
    assert SPOKEN[:800] in talked.call.callee_said


def test_what_comes_out_is_what_the_line_played(talked: Talked) -> None:
    assert len(talked.heard) > 8 * 8000
    assert bytes(talked.heard) in talked.call.callee_heard


def test_it_ends_as_a_call_that_the_other_side_hangs_up(talked: Talked) -> None:
    (row,) = talked.call.task["calls"]
    assert (row["state"], row["ended_reason"]) == ("completed", "callee_hung_up")
    assert talked.code == 4410


def test_a_phone_is_held_by_one(talked: Talked) -> None:
    assert talked.code_of_the_second == 4409
