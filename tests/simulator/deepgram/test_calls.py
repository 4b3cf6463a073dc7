"""Function calls over the socket: several at once, on both sides, and silence after them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from .conftest import FAST, SETTINGS, AgentServer, Caller, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]

FUNCTIONS: list[dict[str, Any]] = SETTINGS["agent"]["think"]["functions"]
PRESS_KEYS = {
    "name": "press_keys",
    "parameters": {"type": "object", "properties": {"keys": {"type": "string"}}},
}
MENU = "For sales press 1. For billing press 2."


def with_functions(*functions: dict[str, Any], **agent: Any) -> dict[str, Any]:
    """Settings with these functions besides the usual ones."""
    return settings(think={**SETTINGS["agent"]["think"], "functions": [*FUNCTIONS, *functions]}, **agent)


async def answer(caller: Caller, call: dict[str, Any], content: str = "ok") -> None:
    """Answer a function call."""
    await caller.send(
        {"type": "FunctionCallResponse", "id": call["id"], "name": call["name"], "content": content}
    )


@pytest.fixture
async def endpoint() -> AsyncIterator[tuple[str, list[tuple[str, object]]]]:
    """A server for functions; `/fails` does. Its address, and the requests that it has had."""
    had: list[tuple[str, object]] = []

    async def run(request: web.Request) -> web.Response:
        had.append((request.headers.get("X-Key", ""), await request.json()))
        return web.Response(text="a customer for six years", status=500 if request.path == "/fails" else 200)

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", run)])
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", had
    await runner.cleanup()


async def test_keys_are_pressed_in_silence(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(with_functions({**PRESS_KEYS, "defer_until_eot": True}, greeting=None))
    await caller.say(MENU)
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]
    await answer(caller, call)
    await caller.noted("agent_silent")

    assert (call["name"], json.loads(call["arguments"])) == ("press_keys", {"keys": "2"})
    assert caller.texts("assistant") == []
    assert not caller.all("audio")
    await caller.say("Billing department, hello.")
    await caller.until("AgentAudioDone")
    assert caller.texts("assistant") == ["Hello, this is an AI assistant calling on behalf of Dana Reyes."]


async def test_keys_pressed_in_a_pause_of_the_menu_count_once(agent: AgentServer) -> None:
    caller = await agent.connect()
    await caller.start(with_functions(PRESS_KEYS, greeting=None))
    await caller.say("For billing press 2", quiet_ms=400)
    (call,) = (await caller.until("FunctionCallRequest")).body["functions"]
    await answer(caller, call)
    await caller.until("FunctionCallResponse")
    await caller.stream(b"\xff" * 8 * 400)
    await caller.noted("agent_silent")

    assert caller.texts("user") == ["For billing press 2"]
    assert len(caller.all("FunctionCallRequest")) == 1


async def test_two_functions_in_one_request_are_both_awaited(agent: AgentServer) -> None:
    caller = await agent.connect()
    refusals = ("It is $82.", "We can't go lower.", "No, sorry.")
    lines = [{"type": "History", "role": "assistant", "content": "Hello."}]
    for refusal in refusals:
        lines += [
            {"type": "History", "role": "user", "content": refusal},
            {"type": "History", "role": "assistant", "content": "Is it possible?"},
        ]
    await caller.start(settings(greeting=None, context={"messages": lines}))
    await caller.say("The best I can do is $82.")
    plan, leave = (await caller.until("FunctionCallRequest")).body["functions"]
    assert [plan["name"], leave["name"]] == ["update_strategy", "end_call"]

    await answer(caller, leave)
    await caller.until("FunctionCallResponse", name="end_call")
    assert caller.texts("assistant") == []
    await answer(caller, plan)
    await caller.until("ConversationText", content="Goodbye.")


@pytest.mark.parametrize(("path", "result"), [("/run", "a customer for six years"), ("/fails", "error: ")])
async def test_the_server_runs_its_own_functions(
    agent: AgentServer, endpoint: tuple[str, list[tuple[str, object]]], path: str, result: str
) -> None:
    url, had = endpoint
    look_up = {"name": "look_up", "endpoint": {"url": url + path, "headers": {"X-Key": "k"}}}
    caller = await agent.connect()
    await caller.start(with_functions(look_up))
    await caller.until("AgentAudioDone")
    await caller.say("I can offer seventy dollars.")
    functions = (await caller.until("FunctionCallRequest")).body["functions"]
    assert [(call["name"], call["client_side"]) for call in functions] == [
        ("look_up", False),
        ("update_strategy", True),
    ]
    looked_up = await caller.until("FunctionCallResponse", name="look_up")
    await answer(caller, functions[1])
    await caller.until("AgentAudioDone", count=2)

    assert looked_up.body["content"].startswith(result)
    assert had == [("k", {})]
    assert bool(caller.all("Warning", code="FUNCTION_CALL_FAILED")) == (path == "/fails")
    assert len(caller.all("FunctionCallRequest")) == 1


async def test_only_what_the_client_runs_is_cancelled(
    agent: AgentServer, endpoint: tuple[str, list[tuple[str, object]]]
) -> None:
    look_up = {"name": "look_up", "endpoint": {"url": endpoint[0]}}
    caller = await agent.connect()
    await caller.start(with_functions(look_up))
    await caller.until("AgentAudioDone")
    await caller.say("I can offer seventy dollars.", quiet_ms=400)
    _, plan = (await caller.until("FunctionCallRequest")).body["functions"]
    await caller.say("And the first month is free of charge.", quiet_ms=0)

    cancelled = await caller.until("FunctionCallCancelled")
    assert cancelled.body["functions"] == [{"id": plan["id"], "name": "update_strategy"}]


async def test_a_message_left_comes_before_the_request_to_end(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, function_timeout_s=0.1))
    await caller.start(settings(greeting=None))
    await caller.say("You have reached Acme. Please leave a message after the tone.")
    await caller.until("ConversationText", content="Goodbye.")

    kinds = caller.kinds(without=("audio", "LatencyReport", "History", "EndOfTurn", "SessionNote"))
    after = kinds[kinds.index("ConversationText") + 1 :]
    assert after[:4] == ["ConversationText", "ConversationText", "AgentAudioDone", "FunctionCallRequest"]
