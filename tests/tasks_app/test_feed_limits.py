"""Who may open the feed, and when it closes."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser, User

from tasks_app.feed import CallFeedConsumer
from tasks_app.models import Task
from tasks_app.routing import websocket_urlpatterns
from telephony import bus
from telephony.models import Call
from tests.tasks_app.feed_client import TIMEOUT_S, feed, in_db

pytestmark = [pytest.mark.ws, pytest.mark.django_db(transaction=True)]


async def test_nobody_and_strangers_are_turned_away(bob: User, live: Call) -> None:
    for name in (live.pk, live.task_id):
        async with feed(name, AnonymousUser()) as client:
            assert (await client.closed())[0] == 4401
        async with feed(name, bob) as client:
            assert (await client.closed())[0] == 4404
    async with feed(uuid4(), bob) as client:
        assert (await client.closed())[0] == 4404


async def test_superusers_see_all(root: User, live: Call) -> None:
    async with feed(live.task_id, root) as client:
        assert (await client.next())["session_id"] == str(live.pk)


async def test_it_closes_after_twelve_hours(alice: User, live: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CallFeedConsumer.MAX_AGE_S == 12 * 3600
    monkeypatch.setattr(CallFeedConsumer, "MAX_AGE_S", 0.3)
    async with feed(live.pk, alice) as client:
        await client.next()
        assert (await client.closed())[0] == 4408


async def test_it_closes_when_its_task_is_deleted(alice: User, live: Call) -> None:
    async with feed(live.pk, alice) as client:
        await client.next()
        await in_db(Task.objects.filter(pk=live.task_id).delete)
        bus.publish_events(live.pk, live.task_id, 99)
        assert (await client.closed())[0] == 4404


async def test_a_client_that_does_not_read_is_let_go(
    alice: User, live: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallFeedConsumer, "SEND_TIMEOUT_S", 0.05)
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()  # as a server does whose socket's buffer is full
        await sent.put(message)

    scope = {"type": "websocket", "path": f"/ws/call/{live.pk}", "query_string": b"", "user": alice}
    incoming.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(URLRouter(websocket_urlpatterns)(scope, incoming.get, send))
    async with asyncio.timeout(TIMEOUT_S):
        assert (await sent.get())["type"] == "websocket.accept"
        closing = await sent.get()
        incoming.put_nowait({"type": "websocket.disconnect", "code": 4429})
        await serving
    assert (closing["type"], closing["code"]) == ("websocket.close", 4429)
