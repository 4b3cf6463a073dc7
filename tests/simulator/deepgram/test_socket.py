"""Who may connect, what is refused, and how a session ends: always with code 1000."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from .conftest import FAST, KEY, SETTINGS, AgentServer, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]


@pytest.mark.parametrize("value", ["", KEY, f"Bearer {KEY}", "Token wrong", f"token {KEY}"])
async def test_a_wrong_key_is_refused_before_the_upgrade(agent: AgentServer, value: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(await agent.url(), additional_headers={"Authorization": value})

    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["err_code"] == "INVALID_AUTH"


async def test_a_plain_request_is_no_session(agent: AgentServer) -> None:
    url = (await agent.url()).replace("ws://", "http://")
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, headers={"Authorization": f"Token {KEY}"}) as answer,
    ):
        assert answer.status == 400


BAD_TEXT = ["{not json", "[]", '"Settings"', "null", '{"no": "type"}', '{"type": "Hangup"}', "[" * 5000]
UNEXPECTED: list[tuple[Any, str]] = [
    *((text, "UNPARSABLE_CLIENT_MESSAGE") for text in BAD_TEXT),
    (b"\xff" * 160, "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS"),
    ({"type": "KeepAlive"}, "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS"),
    (settings(surprise=1), "UNPARSABLE_CLIENT_MESSAGE"),
    (settings(speak={"provider": {"type": "nobody"}}), "INVALID_SETTINGS"),
]


@pytest.mark.parametrize(("message", "code"), UNEXPECTED)
async def test_what_may_not_come_first_ends_the_session(agent: AgentServer, message: Any, code: str) -> None:
    caller = await agent.connect()
    await caller.send(message)

    error = await caller.until("Error")
    assert error.body["code"] == code
    assert error.body["description"]
    assert await caller.closed() == 1000


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (SETTINGS, "SETTINGS_ALREADY_APPLIED"),
        ({"type": "InjectAgentMessage", "content": "Hi."}, "UNPARSABLE_CLIENT_MESSAGE"),
        ({"type": "InjectAgentMessage", "message": "Hi.", "behavior": "now"}, "UNPARSABLE_CLIENT_MESSAGE"),
        ({"type": "FunctionCallResponse", "id": "1", "output": "x"}, "UNPARSABLE_CLIENT_MESSAGE"),
        ("[object Blob]", "UNPARSABLE_CLIENT_MESSAGE"),
    ],
)
async def test_what_may_not_come_later_ends_the_session(agent: AgentServer, message: Any, code: str) -> None:
    caller = await agent.connect()
    await caller.start()
    await caller.send(message)

    assert (await caller.until("Error")).body["code"] == code
    assert await caller.closed() == 1000
    room = caller.world.room("CA1")
    await caller.wait(lambda: room.timeline[-1]["kind"] == "agent_closed")
    assert (room.timeline[-1]["by"], room.timeline[-1]["error"]) == ("agent", code)


@pytest.mark.parametrize("with_settings", [False, True])
async def test_a_silent_client_is_left(agent: AgentServer, with_settings: bool) -> None:
    caller = await agent.connect(replace(FAST, idle_timeout_s=0.1))
    if with_settings:
        await caller.start()

    error = await caller.until("Error", code="CLIENT_MESSAGE_TIMEOUT")
    assert ("user speech" if with_settings else "'Settings' message") in error.body["description"]
    assert await caller.closed() == 1000


async def test_keep_alive_keeps_the_session(agent: AgentServer) -> None:
    caller = await agent.connect(replace(FAST, idle_timeout_s=0.3, session_limit_s=1.0))
    await caller.start(settings(greeting=None))
    while not caller.all("Error"):
        await caller.send({"type": "KeepAlive"})
        with suppress(TimeoutError):
            await caller.until("Error", within_s=0.1)

    assert caller.all("Warning")[0].body["code"] == "MAXIMUM_SESSION_LENGTH_APPROACHING"
    assert caller.all("Error")[0].body["code"] == "MAXIMUM_SESSION_LENGTH_REACHED"
    assert await caller.closed() == 1000
