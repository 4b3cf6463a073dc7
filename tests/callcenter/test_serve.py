"""How the server stops: it takes no new calls, lets the present ones end, and hangs up what is left."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from callcenter import serve
from telephony import live
from telephony.session import CallSession
from tests.waiting import auntil

pytestmark = pytest.mark.integration


class Held:
    """A call this process holds, as far as `telephony.live` asks."""

    def __init__(self) -> None:
        self.call_id = uuid.uuid4()
        self.ended_by: str | None = None
        live.add(cast(CallSession, self))

    def end(self, reason: str, detail: str = "") -> None:
        self.ended_by = reason
        live.remove(cast(CallSession, self))

    async def wait_closed(self) -> None:
        return


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that is never asked."""


@asynccontextmanager
async def serving(drain_s: float) -> AsyncIterator[tuple[serve.CallServer, asyncio.Task[None]]]:
    config = serve.config()
    config.app = nothing
    server = serve.CallServer(config, drain_s=drain_s)
    running = asyncio.create_task(server._serve([serve.listen("127.0.0.1", 0)]))
    await auntil(lambda: server.started)
    try:
        yield server, running
    finally:
        server.should_exit = server.force_exit = True
        await running


@pytest.fixture(autouse=True)
def _not_draining(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_draining", False)
    monkeypatch.setattr(live, "_sessions", {})
    monkeypatch.setattr(live, "_dialled", deque())


async def test_it_waits_for_the_calls_it_holds() -> None:
    async with serving(drain_s=60) as (server, running):
        call = Held()
        server.handle_exit(signal.SIGTERM, None)
        assert live.is_draining()
        done, _ = await asyncio.wait([running], timeout=0.5)
        assert not done
        assert call.ended_by is None
        call.end("callee_hung_up")
        await asyncio.wait_for(running, 5)
    assert call.ended_by == "callee_hung_up"


async def test_what_lasts_longer_is_hung_up() -> None:
    async with serving(drain_s=0.3) as (server, running):
        call = Held()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(running, 5)
    assert call.ended_by == "error.app_restart"


async def test_a_second_signal_stops_at_once() -> None:
    async with serving(drain_s=60) as (server, running):
        Held()
        server.handle_exit(signal.SIGTERM, None)
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(running, 2)


async def test_without_calls_it_stops_at_the_first_signal() -> None:
    async with serving(drain_s=60) as (server, running):
        server.handle_exit(signal.SIGINT, None)
        await asyncio.wait_for(running, 2)


def test_audio_is_served_uncompressed_in_small_frames_and_dead_peers_are_noticed() -> None:
    config = serve.config()
    assert (config.ws, config.ws_per_message_deflate, config.ws_max_size) == (
        "websockets-sansio",
        False,
        65536,
    )
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (5, 5)
    assert (config.lifespan, config.access_log, config.timeout_graceful_shutdown) == ("off", False, 5)
