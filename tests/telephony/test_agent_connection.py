"""The agent's connection at a real socket."""

from __future__ import annotations

import asyncio

import pytest
from pytest_django import Settings
from websockets.asyncio.server import ServerConnection, serve

from telephony.deepgram import connection
from telephony.deepgram.connection import AgentConnection
from telephony.deepgram.messages import AgentMessage

pytestmark = pytest.mark.integration


def test_an_agent_that_never_says_welcome_is_given_up_soon(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WELCOME_TIMEOUT_S", 0.2)
    received: list[bytes | AgentMessage] = []
    lost: list[str] = []

    def give_up(detail: str, permanent: bool, was_silent: bool) -> None:
        assert was_silent
        assert not permanent
        lost.append(detail)

    async def mute(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async def call() -> None:
        async with serve(mute, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            settings.DEEPGRAM_VOICE_AGENT_WS_URL = f"ws://127.0.0.1:{port}"
            await asyncio.wait_for(AgentConnection(received=received.append, lost=give_up).run(), 10)

    asyncio.run(call())
    assert len(lost) == 1
    assert received == []
