"""Twilio's end of a bidirectional media stream: a WebSocket client on a 20 ms clock."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from socket import SHUT_RDWR
from typing import Protocol

import aiohttp

from simulator.room import Room
from simulator.twilio import frames
from simulator.twilio.calls import new_sid
from simulator.twilio.errors import TwilioError
from simulator.twilio.faults import MediaFaults
from simulator.twilio.playback import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, SILENCE, Playback, Run
from simulator.twilio.signing import sign
from simulator.twilio.twiml import Stream
from simulator.twilio.waiting import unless
from simulator.world import World

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 0.4
MAX_WAITING_FRAMES = 250
"""Inbound audio that the server does not read is dropped beyond five seconds (warning 31930)."""
USER_AGENT = "Twilio.TmeWs/1.0"


class Party(Protocol):
    """Whoever is at the other end of the line. Both methods are called once a tick and never block."""

    def hear(self, frame: bytes, at_ms: float) -> None:
        """20 ms of what the line plays, beginning at `at_ms` on the world's clock."""

    def speak(self, at_ms: float) -> bytes:
        """20 ms of what is spoken into the line from `at_ms` on: always 160 bytes of mu-law."""


class MediaStream:
    """One stream of one call, from the handshake to the close.

    Timestamps count ms from `epoch_ms` (on the world's clock); the first media frame has `first_timestamp_ms`,
    and every frame after it 20 more. `heard` and `said` are all the audio of the stream in either direction,
    `heard` from timestamp 0, `said` from the first frame on.
    """

    def __init__(
        self,
        noun: Stream,
        *,
        account_sid: str,
        call_sid: str,
        party: Party,
        room: Room,
        world: World,
        seed: str,
        faults: MediaFaults,
    ) -> None:
        self.sid = new_sid("MZ")
        self.noun = noun
        self.party = party
        self.playback = Playback()
        self.first_timestamp_ms = random.Random(seed).randint(100, 170)
        self.epoch_ms = 0.0
        self.next_frame_ms = 0.0
        """When the next frame begins, on the world's clock; where the line goes on after the stream."""
        self.heard = bytearray()
        self.said = bytearray()
        self.ended = False
        self.has_audio = True
        """False once `forget_audio` let go of it."""
        self._room = room
        self._world = world
        self._faults = faults
        told_call_sid = new_sid("CA") if faults.start == "wrong_call" else call_sid
        self._frames = frames.Outgoing(account_sid, told_call_sid, self.sid)
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._warned: set[int] = set()
        self._chunk = 0

    async def run(
        self,
        session: aiohttp.ClientSession,
        auth_token: str,
        interrupted: asyncio.Event,
        on_open: Callable[[], None],
    ) -> None:
        """Connect, stream until the server closes or `interrupted` is set, and close.

        Raises TwilioError 31901 ... 31920 when there is no connection to be had.
        """
        socket = await unless(interrupted, self._connect(session, auth_token))
        if socket is None:
            return
        try:
            on_open()
            await self._converse(socket, interrupted)
        finally:
            self.ended = True
            self._note_run(None, self.playback.stop())
            self.playback.clear()
            self._room.note("stream_stopped", stream_sid=self.sid)
            with suppress(TimeoutError, aiohttp.ClientError):
                await asyncio.wait_for(socket.close(), CLOSE_TIMEOUT_S)

    def press(self, key: str) -> None:
        """The callee presses a key: reported before the next frame of audio."""
        self._room.note("key_pressed", stream_sid=self.sid, key=key)
        self._outbox.put_nowait(self._frames.dtmf(key))

    def forget_audio(self) -> None:
        """Let go of `heard` and `said`."""
        self.has_audio = False
        self.heard.clear()
        self.said.clear()

    async def _connect(
        self, session: aiohttp.ClientSession, auth_token: str
    ) -> aiohttp.ClientWebSocketResponse:
        headers = {"User-Agent": USER_AGENT, "X-Twilio-Signature": sign(auth_token, self.noun.url)}
        headers["Accept-Encoding"] = "gzip"
        await asyncio.sleep(self._faults.connect_delay_ms / 1000)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await session.ws_connect(self.noun.url, headers=headers, autoping=True, compress=0)
        except TimeoutError as error:
            raise TwilioError(31901, "Stream - Connection timeout") from error
        except aiohttp.WSServerHandshakeError as error:
            raise TwilioError(
                31920, f"Stream - WebSocket - Handshake Error: status {error.status}"
            ) from error
        except aiohttp.ClientSSLError as error:
            raise TwilioError(31910, "Stream - SSL/TLS error") from error
        except aiohttp.ClientConnectorError as error:
            raise TwilioError(31902, "Stream - Connection refused") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise TwilioError(31903, f"Stream - Broken pipe: {type(error).__name__}") from error

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse, interrupted: asyncio.Event) -> None:
        for frame in self._opening_frames():
            self._outbox.put_nowait(frame)
        self.epoch_ms = self._world.now_ms() - self.first_timestamp_ms
        self.next_frame_ms = self.epoch_ms + self.first_timestamp_ms
        self.heard += SILENCE * (self.first_timestamp_ms * BYTES_PER_MS)
        self._room.note("stream_started", stream_sid=self.sid, epoch_ms=self.epoch_ms)
        writer = asyncio.create_task(self._write(socket), name=f"{self.sid} writer")
        clock = asyncio.create_task(self._tick_forever(), name=f"{self.sid} clock")
        reader = asyncio.create_task(self._read(socket), name=f"{self.sid} reader")
        abort = self._abort_later(socket)
        try:
            await unless(interrupted, _first_done(reader, writer, clock))
            clock.cancel()
            if interrupted.is_set() and not socket.closed:
                for _ in range({"never": 0, None: 1, "twice": 2}[self._faults.stop]):
                    self._outbox.put_nowait(self._frames.stop())
                self._outbox.put_nowait(None)
                await asyncio.wait({writer}, timeout=CLOSE_TIMEOUT_S)
        finally:
            if abort is not None:
                abort.cancel()
            for task in (reader, writer, clock):
                task.cancel()
            results = await asyncio.gather(reader, writer, clock, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(
                result, (aiohttp.ClientError, ConnectionError)
            ):
                raise result

    def _opening_frames(self) -> Iterator[str]:
        yield self._frames.connected()
        if self._faults.media_before_start:
            self._chunk += 1
            yield self._frames.media(self._chunk, 0, SILENCE * FRAME_BYTES)
        for _ in range({"never": 0, "twice": 2}.get(self._faults.start or "", 1)):
            yield self._frames.start(dict(self.noun.parameters))

    def _abort_later(self, socket: aiohttp.ClientWebSocketResponse) -> asyncio.TimerHandle | None:
        """Cut the connection after a while, when the faults say so: the other side sees it end, no more."""
        if self._faults.abort_after_ms is None:
            return None
        raw = socket.get_extra_info("socket")
        cut = partial(raw.shutdown, SHUT_RDWR)
        return asyncio.get_running_loop().call_later(self._faults.abort_after_ms / 1000, cut)

    async def _tick_forever(self) -> None:
        """Absolute deadlines: a tick that comes late is followed by the next without a pause."""
        for index in range(2**63):
            at_ms = self.epoch_ms + self.first_timestamp_ms + index * FRAME_MS
            delay_ms = at_ms - self._world.now_ms()
            if delay_ms > 0 or index % 50 == 49:  # even far behind, let others run once a second
                await asyncio.sleep(max(0.0, delay_ms) / 1000)
            self.next_frame_ms = at_ms + FRAME_MS
            self._tick(at_ms, self.first_timestamp_ms + index * FRAME_MS)

    def _tick(self, at_ms: float, timestamp_ms: int) -> None:
        tick = self.playback.tick(at_ms)
        for name in tick.marks:
            self._echo(name, flushed=False)
        if run := self.playback.current:
            run.late_ms = max(run.late_ms, self._world.now_ms() - at_ms)
        self._note_run(tick.began, tick.ended)
        self.heard += tick.frame
        self.party.hear(tick.frame, at_ms)
        audio = self.party.speak(at_ms)
        if self._outbox.qsize() >= MAX_WAITING_FRAMES:
            self._warn(31930, "the server does not read: inbound audio dropped")
            return
        self._chunk += 1
        self.said += audio
        self._outbox.put_nowait(self._frames.media(self._chunk, timestamp_ms, audio))

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while (frame := await self._outbox.get()) is not None:
            await socket.send_str(frame)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._receive(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                self._warn(31950, "binary frame")
        logger.info("stream %s: 31921 closed by the server (code %s)", self.sid, socket.close_code)
        self._room.note("stream_closed_by_server", stream_sid=self.sid, code=socket.close_code)

    def _receive(self, text: str) -> None:
        try:
            message = frames.parse(text, self.sid)
        except frames.InvalidMessage as error:
            self._warn(31951, str(error))
            return
        match message:
            case frames.Media(audio):
                if self.playback.enqueue(audio):
                    self._warn(31931, "more than ten minutes of audio queued: discarded")
            case frames.Mark(name) if self.playback.idle:
                self._echo(name, flushed=False)
            case frames.Mark(name):
                self.playback.mark(name)
            case frames.Clear():
                cleared = self.playback.clear()
                self._room.note("clear_received", stream_sid=self.sid, dropped_bytes=cleared.dropped_bytes)
                self._note_run(None, cleared.ended)
                for name in cleared.marks:
                    self._echo(name, flushed=True)

    def _echo(self, name: str, *, flushed: bool) -> None:
        self._room.note("mark_echoed", stream_sid=self.sid, name=name, flushed=flushed)
        self._outbox.put_nowait(self._frames.mark(name))

    def _note_run(self, began: Run | None, ended: Run | None) -> None:
        if began is not None:
            self._room.note("first_agent_sample", stream_sid=self.sid, sample_ms=began.start_ms)
        if ended is not None:
            self._room.note(
                "last_agent_sample",
                stream_sid=self.sid,
                sample_ms=ended.end_ms,
                started_ms=ended.start_ms,
                n_bytes=ended.n_bytes,
                cut=ended.cut,
            )

    def _warn(self, code: int, detail: str) -> None:
        """A debugger warning: each code once per stream, and the stream goes on."""
        if code not in self._warned:
            self._warned.add(code)
            logger.warning("stream %s: %s %s", self.sid, code, detail)
            self._room.note("stream_warning", stream_sid=self.sid, code=code, detail=detail)


async def _first_done(*tasks: asyncio.Task[None]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
