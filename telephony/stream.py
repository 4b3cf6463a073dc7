"""One media socket of a call, as its session sees it: what is played, marked and cleared goes out through here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from telephony.clock import CallClock, StreamClock
from telephony.outbox import Outbox
from telephony.twilio import messages as twilio

MAX_WAITING_BYTES = 8000 * 60
"""Audio that a slow socket may have waiting: a minute; beyond it the oldest is dropped."""


class Stream:
    """Its only writer is a task of its own; audio that waits for the socket goes out as one message."""

    def __init__(self, stream_sid: str, send: Callable[[str], Awaitable[None]], clock: CallClock) -> None:
        self.clock = StreamClock(clock)
        self._stream_sid = stream_sid
        self._send = send
        self._outbox: Outbox[str] = Outbox(max_audio_bytes=MAX_WAITING_BYTES)
        self._task = asyncio.create_task(self._run())

    def play(self, audio: bytes) -> None:
        """Queue mu-law audio for the person called."""
        self._outbox.put(audio)

    def mark(self, name: str) -> None:
        """Have Twilio tell when everything before was played."""
        self._outbox.put(twilio.mark(self._stream_sid, name))

    def clear(self) -> None:
        """Have Twilio drop what it has not played, and drop what waits here."""
        self._outbox.discard_audio()
        self._outbox.put(twilio.clear(self._stream_sid))

    async def close(self) -> None:
        """Send nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            for item in await self._outbox.take():
                await self._send(twilio.media(self._stream_sid, item) if isinstance(item, bytes) else item)
