"""The agent's socket: the order of its messages, its voice, its ear and its functions."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from simulator.config import AgentTimings
from simulator.ear import INAUDIBLE
from simulator.speech import speak

from .conftest import FAST, QUIET_1_S, SETTINGS, AgentServer, Caller, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]

GREETING = SETTINGS["agent"]["greeting"]
LONG = (
    "Hello there, I am an AI assistant, and this sentence goes on for a good while so that it can be cut off."
)
SLOW = replace(FAST, audio_speed=1.0, late_frames=2)


def heard_by_callee(caller: Caller) -> list[str]:
    ear = caller.world.room("CA1").ear("agent")
    ear.feed(caller.audio)
    return [heard.text for heard in ear.heard()]


async def test_the_greeting_is_spoken_when_settings_are_applied(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()

    assert caller.kinds() == ["Welcome", "SettingsApplied", "ConversationText", "History", "AgentAudioDone"]
    assert caller.received[0].body["request_id"]
    assert caller.texts("assistant") == [GREETING]
    assert heard_by_callee(caller) == [GREETING]


async def test_the_greeting_begins_soon_after_settings(agent: AgentServer) -> None:
    caller = await agent.connect(AgentTimings())
    sent_s = time.monotonic()
    await caller.start()
    first = await caller.until("audio")

    assert first.at_s - sent_s < 0.5


async def test_audio_comes_faster_than_real_time_in_odd_frames(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, audio_speed=4))
    await caller.start(settings(greeting=LONG))
    done = await caller.until("AgentAudioDone")

    frames = caller.all("audio")
    length_s = len(caller.audio) / 8000
    assert 2 < length_s / (done.at_s - frames[0].at_s) < 6
    sizes = {len(frame.body) for frame in frames}
    assert len(sizes) > 3
    assert max(sizes) <= 4096
    assert any(size % 160 for size in sizes)


async def test_a_turn(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(settings(listen={"provider": {"type": "deepgram", "model": "nova-3"}}))
    await caller.until("AgentAudioDone")
    before = len(caller.received)
    await caller.say("Sure, how can I help you?")
    await caller.until("AgentAudioDone", count=2)

    turn = caller.received[before:]
    kinds = [item.kind for item in turn if item.kind not in ("audio", "LatencyReport")]
    assert kinds == [
        "UserStartedSpeaking",
        "ConversationText",
        "History",
        "SessionNote",
        "ConversationText",
        "History",
        "AgentAudioDone",
    ]
    assert caller.texts("user") == ["Sure, how can I help you?"]
    assert caller.texts("assistant")[-1] == "I would like to get the monthly internet bill under $60."
    assert heard_by_callee(caller) == caller.texts("assistant")
    reports = [item.body for item in turn if item.kind == "LatencyReport"]
    assert all(len(report) == 2 for report in reports)
    assert {key for report in reports for key in report} >= {"stt_latency", "total_latency", "tts_latency"}


async def test_flux_tells_the_end_of_turn(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.say("Hello?")

    assert (await caller.until("EndOfTurn")).body["trigger"] == "model"


async def test_without_greeting_it_waits_and_begins_with_the_opening_line(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(settings(greeting=None))
    await caller.say("Acme, hello?")
    await caller.until("AgentAudioDone")

    assert caller.texts("assistant") == ["Hello, this is an AI assistant calling on behalf of Dana Reyes."]


async def test_audio_of_another_call_is_inaudible(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    other = await speak("How can I help you?", speaker="callee", seed=1)
    agent.world.room("CA2").spoken(other)
    await caller.stream(other.audio + QUIET_1_S)
    await caller.until("ConversationText", role="user")

    assert caller.texts("user") == [INAUDIBLE]


async def test_without_the_calls_tag_it_hears_nothing(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start({**SETTINGS, "tags": ["another"]})
    await caller.say("How can I help you?")
    await caller.until("ConversationText", role="user")

    assert caller.texts("user") == [INAUDIBLE]


@pytest.mark.parametrize("done_share", [0.0, 1.0])
async def test_barge_in(agent: AgentServer, done_share: float) -> None:
    caller = await agent.connect(replace(SLOW, audio_done_on_barge_in=done_share))
    await caller.start(settings(greeting=LONG))
    await caller.until("audio", count=2)
    await caller.say("Wait, who is this please?", quiet_ms=0)
    await caller.until("UserStartedSpeaking")
    await caller.stream(QUIET_1_S)
    await caller.until("ConversationText", role="user")

    began = next(i for i, item in enumerate(caller.received) if item.kind == "UserStartedSpeaking")
    ended = next(i for i, item in enumerate(caller.received) if item.kind == "EndOfTurn")
    cut = [item.kind for item in caller.received[began + 1 : ended]]
    assert cut == ["AgentAudioDone"] * int(done_share) + ["audio", "audio"]
    (entry,) = (e for e in caller.world.room("CA1").timeline if e["kind"] == "user_started_speaking")
    assert entry["sending"] is True
    assert caller.texts("user") == ["Wait, who is this please?"]


async def test_barge_in_after_sending_is_told_without_audio(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, audio_speed=50))
    await caller.start(settings(greeting=LONG))
    await caller.until("AgentAudioDone")
    await caller.say("Wait, who is this please?")
    await caller.until("ConversationText", role="user")

    (entry,) = (e for e in caller.world.room("CA1").timeline if e["kind"] == "user_started_speaking")
    assert entry["sending"] is False
    assert float(str(entry["playing_ms"])) > 1000
    began = next(i for i, item in enumerate(caller.received) if item.kind == "UserStartedSpeaking")
    assert caller.received[began + 1].kind == "EndOfTurn"


async def test_a_function_is_called_and_its_answer_echoed_before_the_reply(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.say("I can offer seventy dollars.")
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]
    assert call["client_side"] is True
    assert (call["name"], set(json.loads(call["arguments"]))) == ("update_strategy", {"strategy", "reason"})
    assert len(caller.texts("assistant")) == 1

    await caller.send(
        {"type": "FunctionCallResponse", "id": call["id"], "name": call["name"], "content": "ok"}
    )
    echo = await caller.until("FunctionCallResponse")
    await caller.until("AgentAudioDone", count=2)

    assert echo.body == {
        "type": "FunctionCallResponse",
        "id": call["id"],
        "name": call["name"],
        "content": "ok",
    }
    assert caller.texts("assistant")[1:] == ["I see.", "Could you bring it to sixty dollars?"]
    assert [k for k in caller.timeline() if k.startswith("function")] == [
        "function_call",
        "function_response",
    ]


async def test_end_call_is_asked_for_before_its_goodbye(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.say("This is the wrong number.")
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]
    assert (call["name"], json.loads(call["arguments"])) == ("end_call", {"reason": "wrong number"})
    assert caller.texts("assistant") == [GREETING]

    await caller.send({"type": "FunctionCallResponse", "id": call["id"], "name": "end_call", "content": "ok"})
    await caller.until("AgentAudioDone", count=2)

    assert caller.texts("assistant")[-1] == "Goodbye."
    assert heard_by_callee(caller)[-1] == "Goodbye."


async def test_a_call_on_an_unconfirmed_turn_is_cancelled_when_the_caller_goes_on(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.say("I can offer seventy dollars.", quiet_ms=300)
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]
    await caller.say("And the first month is free of charge.", quiet_ms=0)
    cancelled = await caller.until("FunctionCallCancelled")
    assert cancelled.body["functions"] == [{"id": call["id"], "name": "update_strategy"}]

    late = {"type": "FunctionCallResponse", "id": call["id"], "name": call["name"], "content": "late"}
    await caller.send(late)
    await caller.stream(QUIET_1_S)
    await caller.until("ConversationText", role="user")

    assert caller.all("FunctionCallResponse") == []
    assert caller.texts("user") == ["I can offer seventy dollars. And the first month is free of charge."]


async def test_a_deferred_call_waits_for_the_end_of_the_turn(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.say("Wrong number.")
    await caller.until("FunctionCallRequest")

    kinds = caller.kinds(without=("audio", "LatencyReport", "History"))
    assert kinds.index("EndOfTurn") < kinds.index("FunctionCallRequest")
    assert caller.texts("user") == ["Wrong number."]


async def test_a_function_without_answer_is_given_up(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, function_timeout_s=0.05))
    await caller.start_and_be_greeted()
    await caller.say("Wrong number.")

    await caller.until("Warning", code="FUNCTION_CALL_FAILED")
    await caller.until("ConversationText", content="Goodbye.")


async def test_injections(agent: AgentServer) -> None:
    caller = await agent.connect(SLOW)
    await caller.start(settings(greeting=LONG))
    await caller.until("ConversationText")

    await caller.send({"type": "InjectAgentMessage", "message": "Not now."})
    refused = await caller.until("InjectionRefused")
    assert refused.body["message"] == "Injection refused because the agent is speaking."
    await caller.send({"type": "InjectAgentMessage", "message": "At once.", "behavior": "interrupt"})
    await caller.send({"type": "InjectAgentMessage", "message": "Later.", "behavior": "queue"})
    await caller.until("AgentAudioDone", count=2)
    assert caller.texts("assistant") == [LONG, "At once.", "Later."]

    await caller.say("Excuse me, hello", quiet_ms=0)
    await caller.send({"type": "InjectAgentMessage", "message": "Over you.", "behavior": "queue"})
    refused = await caller.until("InjectionRefused", count=2)
    assert refused.body["message"] == "Injection refused because the user is speaking."


async def test_an_injected_user_message_is_answered(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.send({"type": "InjectUserMessage", "content": "Are you a robot?"})
    await caller.until("ConversationText", content="I am an AI assistant.")

    assert caller.texts("user") == ["Are you a robot?"]


async def test_the_timeline_tells_the_session(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.socket.close()
    room = caller.world.room("CA1")
    await caller.wait(lambda: room.timeline[-1]["kind"] == "agent_closed")

    assert caller.timeline() == [
        "agent_connected",
        "settings_applied",
        "agent_audio_first_byte",
        "agent_sentence",
        "agent_audio_done",
        "agent_closed",
    ]
    closed = room.timeline[-1]
    assert (closed["code"], closed["by"], closed["sent_bytes"]) == (1000, "client", len(caller.audio))
