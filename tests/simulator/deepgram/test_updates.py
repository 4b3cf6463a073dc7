"""Updates of a running session, and a session that continues an earlier one."""

from __future__ import annotations

import pytest

from .conftest import QUIET_1_S, SETTINGS, AgentServer, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]

SILENT = settings(greeting=None)
NOVA = {"provider": {"type": "deepgram", "model": "nova-3"}}
FLUX = SETTINGS["agent"]["listen"]


async def test_each_update_is_acknowledged_and_noted(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(SILENT)
    parts = SETTINGS["agent"]
    await caller.send({"type": "UpdateSpeak", "speak": parts["speak"]})
    await caller.send({"type": "UpdateListen", "listen": parts["listen"]})
    await caller.send({"type": "UpdatePrompt", "prompt": "Be brief."})
    await caller.send({"type": "UpdateThink", "think": parts["think"]})
    await caller.until("ThinkUpdated")

    acknowledgements = ["SpeakUpdated", "ListenUpdated", "PromptUpdated", "ThinkUpdated"]
    assert caller.kinds() == ["Welcome", "SettingsApplied", *acknowledgements]
    assert [
        e["acknowledgement"] for e in caller.world.room("CA1").timeline if e["kind"] == "agent_updated"
    ] == (acknowledgements)


async def test_a_whisper_changes_the_price(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.send({"type": "UpdatePrompt", "prompt": "accept $65"})
    await caller.until("PromptUpdated")
    await caller.say("I can do 65 dollars.")

    await caller.until("ConversationText", content="That works for me.")


async def test_a_labelled_line_replaces_that_of_the_prompt(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    await caller.send({"type": "UpdatePrompt", "prompt": "Objective: cancel the contract"})
    await caller.until("PromptUpdated")
    await caller.say("How can I help you?")

    await caller.until("ConversationText", content="I would like to cancel the contract.")


async def test_update_think_replaces_prompt_and_functions(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start_and_be_greeted()
    think = {**SETTINGS["agent"]["think"], "prompt": "Objective: cancel the contract", "functions": []}
    await caller.send({"type": "UpdateThink", "think": think})
    await caller.until("ThinkUpdated")
    await caller.say("How can I help you?")
    await caller.until("ConversationText", content="I would like to cancel the contract.")
    await caller.say("You have the wrong number.")
    await caller.until("ConversationText", content="Goodbye.")

    assert not caller.all("FunctionCallRequest")


async def test_update_speak_changes_the_voice(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(SILENT)
    same = {"type": "InjectAgentMessage", "message": "Good morning.", "behavior": "queue"}
    takes: list[bytes] = []
    for model in ("aura-2-thalia-en", "aura-2-apollo-en", "aura-2-thalia-en"):
        await caller.send(
            {"type": "UpdateSpeak", "speak": {"provider": {"type": "deepgram", "model": model}}}
        )
        await caller.send(same)
        before = len(caller.audio)
        await caller.until("AgentAudioDone", count=len(takes) + 1)
        takes.append(caller.audio[before:])

    # Two takes of one voice differ in the lowest bit only.
    first, other, again = (bytes(byte | 1 for byte in audio) for audio in takes)
    assert first == again
    assert first != other


async def test_update_listen_waits_for_the_end_of_the_turn(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(SILENT)
    await caller.say("Hello", quiet_ms=0)
    await caller.send({"type": "UpdateListen", "listen": FLUX})
    await caller.send({"type": "UpdateListen", "listen": NOVA})
    await caller.stream(QUIET_1_S)
    await caller.until("ListenUpdated")
    await caller.until("AgentAudioDone")
    assert caller.kinds().index("EndOfTurn") < caller.kinds().index("ListenUpdated")
    await caller.say("How can I help?")
    await caller.until("AgentAudioDone", count=2)

    assert len(caller.all("ListenUpdated")) == 1
    assert len(caller.all("EndOfTurn")) == 1


async def test_a_prompt_that_grows_too_long_is_cut_with_a_warning(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(SILENT)
    await caller.send({"type": "UpdatePrompt", "prompt": "x" * 25_000})

    await caller.until("Warning", code="PROMPT_TOO_LONG")


async def test_a_continued_session_waits_for_the_user_and_takes_injections(agent: AgentServer) -> None:
    caller = await agent.connect()
    opening = "Hello, this is an AI assistant calling on behalf of Dana Reyes."
    goal = "I would like to get the monthly internet bill under $60."
    history = [
        {"type": "History", "role": "assistant", "content": opening},
        {"type": "History", "role": "user", "content": "How can I help?"},
        {"type": "History", "role": "assistant", "content": f"I see. {goal}"},
        {"type": "History", "role": "user", "content": "It is eighty dollars."},
    ]
    await caller.start(settings(greeting=None, context={"messages": history}))
    await caller.stream(QUIET_1_S)
    await caller.send({"type": "InjectAgentMessage", "message": "Sorry, I am back.", "behavior": "queue"})
    await caller.until("AgentAudioDone")
    assert caller.texts("assistant") == ["Sorry, I am back."]

    await caller.say("I can make it fifty five dollars.")
    await caller.until("ConversationText", content="Please go ahead with fifty-five dollars.")
    assert opening not in caller.texts("assistant")
    assert goal not in caller.texts("assistant")


async def test_an_ended_call_that_is_continued_only_says_goodbye(agent: AgentServer) -> None:
    caller = await agent.connect()
    call = {"id": "1", "name": "end_call", "client_side": True, "arguments": "[", "response": "ok"}
    history = [
        {"type": "History", "role": "user", "content": "Bye."},
        {"type": "History", "function_calls": [call]},
    ]
    await caller.start(settings(greeting=None, context={"messages": history}))
    await caller.say("Are you still there?")
    await caller.until("AgentAudioDone")

    assert caller.texts("assistant") == ["Goodbye."]
