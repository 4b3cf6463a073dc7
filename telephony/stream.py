"""One media socket of a call, as its session sees it: what is played, marked and cleared goes out through here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from telemetry.record import count
from telephony.clock import CallClock, StreamClock
from telephony.effects import PlayAudio, SendClear, SendMark
from telephony.mulaw import BYTES_PER_MS
from telephony.outbox import Outbox
from telephony.twilio import messages as twilio

MAX_WAITING_BYTES = 60_000 * BYTES_PER_MS
"""Audio that a slow socket may have waiting: a minute; beyond it the oldest is dropped."""

CLOSE_TIMEOUT_S = 1.0


class Stream:
    """Its only writer is a task of its own; audio that waits for the socket goes out as one message."""

    def __init__(
        self,
        stream_sid: str,
        *,
        send: Callable[[str], Awaitable[None]],
        hang_up: Callable[[], Awaitable[None]],
        clock: CallClock,
    ) -> None:
        """`send` writes to the socket; `hang_up` closes it."""
        self._clock = StreamClock(clock)
        self._stream_sid = stream_sid
        self._send = send
        self._hang_up = hang_up
        self._outbox: Outbox[str] = Outbox(max_audio_bytes=MAX_WAITING_BYTES)
        self._task = asyncio.create_task(self._run())

    def start_ms(self, timestamp_ms: int, arrived_s: float) -> float | None:
        """Where a frame stands on the call clock; None, and counted, where that cannot be."""
        start_ms = self._clock.start_ms(timestamp_ms, arrived_s)
        if start_ms is None:
            count("telephony", "frame_out_of_time")
        return start_ms

    def carry(self, effect: PlayAudio | SendMark | SendClear) -> None:
        """Queue what the bridge wants the phone to play, to confirm or to drop."""
        match effect:
            case PlayAudio(audio=audio):
                self._outbox.put(audio)
            case SendMark(name=name):
                self._outbox.put(twilio.mark(self._stream_sid, name))
            case SendClear():
                self._outbox.discard_audio()  # what waits here has not been played either
                self._outbox.put(twilio.clear(self._stream_sid))

    async def close(self, *, hang_up: bool = False) -> None:
        """Send nothing more. With `hang_up`, close the socket: Twilio then goes on to `<Hangup/>`."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._outbox.dropped_bytes:
            count("telephony", "agent_audio_dropped", self._outbox.dropped_bytes)
        if hang_up:
            closing = asyncio.gather(self._hang_up(), return_exceptions=True)
            await asyncio.wait([closing], timeout=CLOSE_TIMEOUT_S)

    async def _run(self) -> None:
        """Until the socket refuses: its end is then told by the socket itself."""
        while True:
            for item in await self._outbox.take():
                await self._send(twilio.media(self._stream_sid, item) if isinstance(item, bytes) else item)
