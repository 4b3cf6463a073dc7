"""The feed as a program meets it: a real server, a real socket, an API key."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callcenter.asgi import application
from callcenter.models import ApiKey
from tasks_app.feed import CallFeedConsumer
from telephony import bus, services
from telephony.events import EventType, NewEvent
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall

pytestmark = [pytest.mark.ws, pytest.mark.django_db(transaction=True)]

TIMEOUT_S = 10.0


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    """The whole application on a free port."""
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


def key_of(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiKey.issue(owner=user, name='test')[1]}"}


async def test_a_program_follows_a_call(address: str, alice: User, make_call: MakeCall) -> None:
    call = await database_sync_to_async(make_call)(Event.RING)
    headers = await database_sync_to_async(key_of)(alice)
    async with (
        asyncio.timeout(TIMEOUT_S),
        connect(f"{address}/ws/call/{call.task_id}", additional_headers=headers) as ws,
    ):
        snapshot: dict[str, Any] = json.loads(await ws.recv())
        await database_sync_to_async(services.call_advance)(call_id=call.pk, event=Event.ANSWER)
        event: dict[str, Any] = json.loads(await ws.recv())
    assert (snapshot["type"], snapshot["data"]["task"]["status"]) == ("snapshot", "dialing")
    assert (event["seq"], event["data"]) == (snapshot["seq"] + 1, {"state": "in_progress"})


@pytest.mark.parametrize(("who", "code"), [(None, 4401), ("bob", 4404)])
async def test_others_are_told_by_close_code(
    address: str, bob: User, make_call: MakeCall, who: str | None, code: int
) -> None:
    call = await database_sync_to_async(make_call)()
    headers = await database_sync_to_async(key_of)(bob) if who else {}
    async with (
        asyncio.timeout(TIMEOUT_S),
        connect(f"{address}/ws/call/{call.pk}/", additional_headers=headers) as ws,
    ):
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == code
        assert ws.close_reason


async def test_a_client_that_stops_reading_is_let_go(
    address: str, alice: User, live: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallFeedConsumer, "SEND_TIMEOUT_S", 0.2)
    headers = await database_sync_to_async(key_of)(alice)
    url = f"{address}/ws/call/{live.pk}"
    async with (
        asyncio.timeout(TIMEOUT_S),
        connect(url, additional_headers=headers, max_queue=1, compression=None) as ws,
    ):
        await ws.recv()
        events = [NewEvent(EventType.AGENT, {"detail": "x" * 100_000}) for _ in range(150)]
        await database_sync_to_async(services.event_append)(call_id=live.pk, events=events)
        while bus._bus.subscriptions:  # noqa: ASYNC110  the feed's own listening, which ends with it
            await asyncio.sleep(0.01)
        received = [message async for message in until_closed(ws)]
    assert ws.close_code == 4429
    assert 0 < len(received) < len(events)


async def until_closed(ws: ClientConnection) -> AsyncIterator[str | bytes]:
    with contextlib.suppress(ConnectionClosed):
        while True:
            yield await ws.recv()
