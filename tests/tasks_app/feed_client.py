"""A client of the feed, without a server between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User

from tasks_app.routing import websocket_urlpatterns

TIMEOUT_S = 5.0
T = TypeVar("T")


async def in_db(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    result: T = await database_sync_to_async(work)(*args, **kwargs)
    return result


class Feed:
    """A client of the feed."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._communicator.receive_json_from(timeout=TIMEOUT_S)
        assert set(message) == {"seq", "session_id", "type", "data", "timestamp"}
        return message

    async def until(self, type_: str) -> dict[str, Any]:
        while (message := await self.next())["type"] != type_:
            pass
        return message

    async def closed(self) -> tuple[int, str]:
        closing = await self._communicator.receive_output(timeout=TIMEOUT_S)
        assert closing["type"] == "websocket.close", closing
        return closing["code"], closing.get("reason") or ""

    async def say(self, text: str) -> None:
        await self._communicator.send_to(text_data=text)


@asynccontextmanager
async def feed(name: UUID, user: User | AnonymousUser, query: str = "") -> AsyncIterator[Feed]:
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/call/{name}{query}")
    communicator.scope["user"] = user
    connected, _ = await communicator.connect(timeout=TIMEOUT_S)
    assert connected
    try:
        yield Feed(communicator)
    finally:
        await communicator.disconnect()
