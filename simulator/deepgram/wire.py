"""One agent socket as the server writes it: JSON as text frames, audio as binary frames."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Coroutine

from aiohttp import web


class Wire:
    """Writes to the client; once the socket is closing, what is still written is dropped."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self.sent_bytes = 0
        """Audio sent, in bytes."""
        self._mute = False

    def mute(self) -> None:
        """Send nothing more."""
        self._mute = True

    async def send(self, kind: str, **fields: object) -> None:
        """Send the message `{"type": kind, **fields}`."""
        if not (self._mute or self._socket.closed):
            await self._quietly(self._socket.send_str(json.dumps({"type": kind, **fields})))

    async def send_audio(self, audio: bytes) -> None:
        """Send one binary frame."""
        if not (self._mute or self._socket.closed):
            self.sent_bytes += len(audio)
            await self._quietly(self._socket.send_bytes(audio))

    async def _quietly(self, sending: Coroutine[None, None, None]) -> None:
        # When the client is gone, the reader notices and ends the session.
        with contextlib.suppress(ConnectionError):
            await sending
