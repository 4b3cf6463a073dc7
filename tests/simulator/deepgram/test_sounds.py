"""Hold music and the voicemail's tone as they really sound: voice to the detector, words to nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.callee.sounds import beep, music

from .conftest import FAST, QUIET_1_S, AgentServer, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]

OPENING = "Hello, this is an AI assistant calling on behalf of Dana Reyes."
MESSAGE = ["Hello, I am an AI assistant calling on behalf of Dana Reyes.", "I will call again later."]


async def test_music_is_met_with_silence_and_a_person_with_the_opening(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(settings(greeting=None))
    for _ in range(2):
        await caller.say("Please hold, all our agents are busy.", quiet_ms=800)
        await caller.stream(music(3000) + QUIET_1_S)
    await caller.until("UserStartedSpeaking", count=4)
    await caller.say("Thank you for waiting, this is Acme, how can I help?")
    await caller.until("AgentAudioDone")

    assert caller.texts("user") == [
        *["Please hold, all our agents are busy.", "(inaudible)"] * 2,
        "Thank you for waiting, this is Acme, how can I help?",
    ]
    assert caller.texts("assistant") == [OPENING]


async def test_the_message_is_whole_after_the_tone(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, audio_speed=5))
    await caller.start(settings(greeting=None))
    await caller.say("You have reached Acme. Please leave a message after the tone.", quiet_ms=900)
    await caller.stream(beep() + QUIET_1_S)
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]

    assert call["name"] == "end_call"
    lines = [item.body["content"] for item in caller.all("ConversationText")]
    assert lines[lines.index("(inaudible)") + 1 :] == MESSAGE
