"""The live feed of a task or a call over a WebSocket. What it sends is described in docs/events.md."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from tasks_app.close_codes import CloseCode
from tasks_app.feed_messages import (
    MAX_MESSAGES,
    Message,
    Position,
    messages_since,
    passing_message,
)
from tasks_app.feed_target import Target, find_target
from tasks_app.serving import Closed, ServingConsumer
from telephony import bus
from telephony.lifecycle import TERMINAL


class CallFeedConsumer(ServingConsumer):
    """Sends a snapshot, then each event once and in order. It holds one bounded queue; the database holds the rest."""

    TICK_S = 1.0
    POLL_S = 15.0
    POLL_WITHOUT_BUS_S = 2.0
    WATCH_S = 5.0

    _position: Position | None = None
    _live = False

    async def serve(self, user: User) -> None:
        """Follow the target until the client leaves."""
        target = await database_sync_to_async(find_target)(user, self.scope["url_route"]["kwargs"]["name"])
        self._position = _asked_position(self.scope["query_string"], target)
        await self._follow(target)

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
        await self.say(message)
        self._position = Position(message["session_id"], message["seq"])
        if message["type"] == "snapshot":
            call = message["data"]["call"]
            self._live = call is not None and call["state"] not in TERMINAL
        elif message["type"] == "call_status":
            self._live = message["data"]["state"] not in TERMINAL

    async def _pass_on(self, note: bus.Note) -> None:
        if self._position is not None and note.call_id == self._position.call_id and note.payload:
            await self.say(passing_message(note.call_id, note.payload))


def _asked_position(query_string: bytes, target: Target) -> Position | None:
    """Where `?after=` (with `session_id=` on a task's socket) wants to go on; None for a snapshot."""
    query: dict[str, Any] = {
        name: values[-1] for name, values in parse_qs(query_string.decode("latin1")).items()
    }
    after = query.get("after")
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise Closed(
            CloseCode.BAD_REQUEST, "after must be a whole number, the seq of the last event you have."
        )
    try:
        session_id = uuid.UUID(query["session_id"]) if "session_id" in query else target.call_id
    except ValueError:
        raise Closed(CloseCode.BAD_REQUEST, "session_id must be a call's UUID.") from None
    return Position(session_id, int(after)) if session_id else None
