"""The live feed of a task or a call over a WebSocket. What it sends is described in docs/events.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.serializers.json import DjangoJSONEncoder

from tasks_app.feed_messages import (
    MAX_MESSAGES,
    Message,
    Position,
    Target,
    find_target,
    messages_since,
    passing_message,
)
from tasks_app.refusals import Refusal
from telephony import bus
from telephony.lifecycle import TERMINAL

logger = logging.getLogger(__name__)

BAD_REQUEST, NOT_AUTHENTICATED, NOT_FOUND, OLD, TOO_SLOW = 4400, 4401, 4404, 4408, 4429


class _Closed(Exception):
    """The feed ends, with a close code and a sentence for the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class CallFeedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Sends a snapshot, then each event once and in order. It holds one bounded queue; the database holds the rest."""

    channel_layer_alias = "none"  # listens to the bus, whose notes are small and may be lost

    TICK_S = 1.0
    POLL_S = 15.0
    POLL_WITHOUT_BUS_S = 2.0
    WATCH_S = 5.0
    SEND_TIMEOUT_S = 10.0
    MAX_AGE_S = 12 * 3600.0

    async def connect(self) -> None:
        """Accept first: a browser is not told the close code of a refused handshake."""
        await self.accept()
        self._position: Position | None = None
        self._live = False
        self._serving = asyncio.create_task(self._serve())

    async def disconnect(self, code: int) -> None:
        """Stop at once."""
        self._serving.cancel()
        await asyncio.wait([self._serving])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The feed only speaks; whatever a client says is ignored."""

    async def _serve(self) -> None:
        try:
            await self._serve_until_closed()
        except _Closed as closed:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(1.0):  # a client that does not read cannot be told either
                    await self.close(closed.code, closed.reason)
        except OSError:
            pass  # the client left; disconnect() follows
        except Exception:
            logger.exception("a feed failed")
            with contextlib.suppress(OSError):
                await self.close(1011)

    async def _serve_until_closed(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            raise _Closed(NOT_AUTHENTICATED, "Sign in, or send Authorization: Bearer <API key>.")
        try:
            target = await database_sync_to_async(find_target)(
                user, self.scope["url_route"]["kwargs"]["name"]
            )
            self._position = _asked_position(self.scope["query_string"], target)
            async with asyncio.timeout(self.MAX_AGE_S):
                await self._follow(target)
        except Refusal as refusal:
            raise _Closed(NOT_FOUND, str(refusal)) from None
        except TimeoutError:
            raise _Closed(OLD, "Open for twelve hours: connect again.") from None

    async def _follow(self, target: Target) -> None:
        now = asyncio.get_running_loop().time
        looked_at = watched_at = float("-inf")
        async with bus.subscribe(call_id=target.call_id, task_id=target.task_id) as notes:
            while True:
                if self._live and now() - watched_at >= self.WATCH_S:
                    watched_at = now()
                    self._watch()
                pause = self.POLL_S if bus.is_connected() else self.POLL_WITHOUT_BUS_S
                if notes.overflowed or now() - looked_at >= pause:
                    notes.overflowed = False
                    looked_at = now()
                    await self._catch_up(target)
                    continue
                try:
                    async with asyncio.timeout(self.TICK_S):
                        note = await anext(notes)
                except TimeoutError:
                    continue
                if note.kind == "passing":
                    await self._pass_on(note)
                elif self._is_news(note):
                    await self._catch_up(target)

    def _watch(self) -> None:
        if self._position is not None and self._position.call_id is not None:
            bus.watch(self._position.call_id)

    def _is_news(self, note: bus.Note) -> bool:
        known = self._position
        return known is None or note.call_id != known.call_id or note.seq > known.seq

    async def _catch_up(self, target: Target) -> None:
        while True:
            messages = await database_sync_to_async(messages_since)(target, self._position)
            for message in messages:
                await self._show(message)
            if len(messages) < MAX_MESSAGES:
                return

    async def _show(self, message: Message) -> None:
        await self._send(message)
        self._position = Position(message["session_id"], message["seq"])
        if message["type"] == "snapshot":
            call = message["data"]["call"]
            self._live = call is not None and call["state"] not in TERMINAL
        elif message["type"] == "call_status":
            self._live = message["data"]["state"] not in TERMINAL

    async def _pass_on(self, note: bus.Note) -> None:
        if self._position is not None and note.call_id == self._position.call_id and note.payload:
            await self._send(passing_message(note.call_id, note.payload))

    async def _send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self.SEND_TIMEOUT_S):
                await self.send(text_data=json.dumps(message, cls=DjangoJSONEncoder))
        except TimeoutError:
            raise _Closed(TOO_SLOW, "The client reads too slowly: connect again.") from None


def _asked_position(query_string: bytes, target: Target) -> Position | None:
    """Where `?after=` (with `session_id=` on a task's socket) wants to go on; None for a snapshot."""
    query: dict[str, Any] = {
        name: values[-1] for name, values in parse_qs(query_string.decode("latin1")).items()
    }
    after = query.get("after")
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise _Closed(BAD_REQUEST, "after must be a whole number, the seq of the last event you have.")
    try:
        session_id = uuid.UUID(query["session_id"]) if "session_id" in query else target.call_id
    except ValueError:
        raise _Closed(BAD_REQUEST, "session_id must be a call's UUID.") from None
    return Position(session_id, int(after)) if session_id else None
