"""Listening in to a live call over a WebSocket. The format of what it sends is described in docs/events.md."""

from __future__ import annotations

import asyncio
import struct
import uuid

from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from tasks_app.close_codes import CloseCode
from tasks_app.feed_target import call_named
from tasks_app.serving import Closed, ServingConsumer
from telemetry.record import count
from telephony import bus, live
from telephony.lifecycle import TERMINAL, State
from telephony.models import Call
from telephony.sound import Lane, Piece

FORMAT = {
    "type": "format",
    "encoding": "mulaw",
    "sample_rate": 8000,
    "lanes": [lane.name.lower() for lane in Lane],
    "header": "lane: uint8, start_ms: float64 big-endian",
    "header_bytes": 9,
}
_HEADER = struct.Struct(">Bd")


def packed(piece: Piece) -> bytes:
    """A piece as one binary message."""
    return _HEADER.pack(piece.lane, piece.start_ms) + piece.audio


class ListenInConsumer(ServingConsumer):
    """Sends both sides of one call as they are heard. What a slow client cannot take is dropped, oldest first."""

    TICK_S = 0.5
    WANT_S = 5.0
    LOOK_S = 2.0

    async def serve(self, user: User) -> None:
        """Until the call is over."""
        call = await database_sync_to_async(call_named)(user, self.scope["url_route"]["kwargs"]["name"])
        call_id = call.pk
        now = asyncio.get_running_loop().time
        wanted_at = looked_at = float("-inf")
        dropped = 0
        async with bus.listen(call_id) as pieces:
            await self._look(call_id)
            await self.say({**FORMAT, "session_id": call_id})
            while True:
                if now() - looked_at >= self.LOOK_S:
                    looked_at = now()
                    await self._look(call_id)
                if now() - wanted_at >= self.WANT_S:
                    wanted_at = now()
                    bus.want_sound(call_id, far=live.get(call_id) is None)
                if pieces.dropped > dropped:
                    count("listen_in", "piece_dropped", pieces.dropped - dropped)
                    dropped = pieces.dropped
                    await self.say({"type": "dropped", "pieces": dropped})
                try:
                    async with asyncio.timeout(self.TICK_S):
                        note = await anext(pieces)
                except TimeoutError:
                    wanted_at = float("-inf")  # the call may just be answered, or go on in another process
                    continue
                await self.say_bytes(packed(Piece.from_json(note.payload or {})))

    async def _look(self, call_id: uuid.UUID) -> None:
        """Whether there is, or will be, something to hear. Raises Closed."""
        state = await database_sync_to_async(_state)(call_id)
        if state in TERMINAL:
            raise Closed(CloseCode.OVER, "The call is over.")
        if state == State.IN_PROGRESS and live.get(call_id) is None and not bus.is_connected():
            raise Closed(
                CloseCode.UNREACHABLE, "The process that holds this call cannot be reached now: try again."
            )


def _state(call_id: uuid.UUID) -> str:
    state = Call.objects.filter(pk=call_id).values_list("state", flat=True).first()
    return State.COMPLETED if state is None else str(state)
