"""Twilio's media socket. It lets only our own calls in and hands their frames to the session that holds the call."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone

from telemetry.record import about, count, event
from telephony import live, measures, selectors, services, stream_token
from telephony.clock import CallClock
from telephony.models import Call
from telephony.safe_logging import where
from telephony.session import CallSession
from telephony.so_far import SoFar
from telephony.stream import Stream
from telephony.twilio import messages as twilio
from telephony.twilio.signature import is_signed, stream_url

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 5.0
EARLY_FRAMES = 250
"""Frames kept while the token is checked against the database: 5 s."""

MAX_BAD_FRAMES = 50
BAD_FRAMES_S = 10.0

OWNER = f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
"""This process, as the holder of a call's audio."""


class CloseCode(IntEnum):
    """Why we close a media socket."""

    HOPELESS = 4400
    STRANGER = 4403
    UNKNOWN_CALL = 4404
    NO_START = 4408
    TOKEN_USED = 4409
    CALL_IS_ENDING = 4410
    FAULT = 4500


class MediaStreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One socket of Twilio Media Streams."""

    channel_layer_alias = "none"  # no layer: a broker that is away must not touch a call

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, without its database clean-up for every audio frame: frames use no database."""
        if message["type"] != "websocket.receive":
            await super().dispatch(message)
            return
        try:
            await self.websocket_receive(message)
        except Exception as error:  # Channels would drop the consumer, and nobody would lead the call
            await self._fault(error)

    async def connect(self) -> None:
        """Refuse strangers before the handshake is answered: Twilio signs it over the wss:// address."""
        self._session: CallSession | None = None
        self._stream: Stream | None = None
        self._early: deque[tuple[twilio.StreamMessage, float]] = deque(maxlen=EARLY_FRAMES)
        self._starting: asyncio.Task[None] | None = None
        self._stream_sid = ""
        self._stopped = False
        self._gone = False
        self._closed = False
        self._bad_frames = 0
        self._bad_since_s = 0.0
        headers = dict(self.scope["headers"])
        signature = headers.get(b"x-twilio-signature", b"").decode("latin-1")
        configured = bool(settings.MEDIA_BASE_URL)  # without an address of ours nobody can have signed for it
        if not configured or not is_signed(
            url=stream_url(self.scope["path"]),
            params={},
            signature=signature,
            token=settings.TWILIO_AUTH_TOKEN,
        ):
            count("telephony", "stream_refused")
            await self.close(CloseCode.STRANGER)
            return
        await self.accept()
        self._timer = asyncio.get_running_loop().call_later(START_TIMEOUT_S, self._no_start)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame. What cannot be read is counted and dropped."""
        if self._closed:  # the server had more of them waiting
            return
        try:
            if text_data is None:
                raise twilio.BadFrame("binary")
            message = twilio.parse(text_data)
            if self._stream_sid not in {"", getattr(message, "stream_sid", self._stream_sid)}:
                raise twilio.BadFrame("streamSid: another stream's")
        except twilio.BadFrame as error:
            await self._bad_frame(str(error))
            return
        arrived_s = time.monotonic()
        if self._session is not None and self._stream is not None:
            self._deliver(self._session, self._stream, message, arrived_s)
        elif isinstance(message, twilio.Start) and self._starting is None:
            self._stream_sid = message.stream_sid
            self._starting = asyncio.create_task(self._try_start(message, arrived_s))
        elif self._starting is not None:
            self._early.append((message, arrived_s))
        elif not isinstance(message, twilio.Connected):
            await self._bad_frame("before start")

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close the socket, once: a server takes a second time for a mistake, and the consumer would be dropped."""
        if not self._closed:
            self._closed = True
            await super().close(code, reason)

    async def disconnect(self, code: int) -> None:
        """The socket is gone. Without a `stop` before, the call's audio is lost."""
        self._gone = True
        if hasattr(self, "_timer"):
            self._timer.cancel()
        if self._starting is not None and not self._starting.done():
            await asyncio.wait([self._starting], timeout=START_TIMEOUT_S)
        if self._session is not None and self._stream is not None and not self._stopped:
            self._session.stream_ended(self._stream, "media_lost")
            event("twilio", "stream_lost", ok=False, **self._session.ids)

    async def _try_start(self, start: twilio.Start, arrived_s: float) -> None:
        try:
            await self._start(start, arrived_s)
        except Exception as error:  # an accepted socket must not stay open to nobody
            await self._fault(error)

    async def _start(self, start: twilio.Start, arrived_s: float) -> None:
        self._timer.cancel()
        named = stream_token.read(start.parameters.get("token", ""))
        if named is None or start.account_sid != settings.TWILIO_ACCOUNT_SID:
            await self.close(CloseCode.STRANGER)
            return
        claim = database_sync_to_async(_claim, thread_sensitive=False)
        outcome = await claim(*named, start.call_sid, start.stream_sid)
        if isinstance(outcome, CloseCode):
            await self.close(outcome)
            return
        session = _session_of(outcome, arrived_s)
        stream = session.attach(start.stream_sid, send=self._send_text, hang_up=self.close)
        if stream is None:
            await self.close(CloseCode.CALL_IS_ENDING)
            return
        event("twilio", "stream_started", **session.ids)
        self._session, self._stream = session, stream
        while self._early:
            self._deliver(session, stream, *self._early.popleft())
        if self._gone and not self._stopped:  # the socket broke while the token was checked
            session.stream_ended(stream, "media_lost")
            event("twilio", "stream_lost", ok=False, **session.ids)

    def _deliver(
        self, session: CallSession, stream: Stream, message: twilio.StreamMessage, arrived_s: float
    ) -> None:
        started_s = time.perf_counter()
        match message:
            case twilio.Media():
                session.media(stream, message, arrived_s)
                measures.frame("media_event", started_s, session.ids)
            case twilio.Mark(name=name):
                session.mark(stream, name)
                measures.frame("media_mark_received", started_s, session.ids)
            case twilio.Dtmf(digit=digit):
                session.dtmf(digit)
            case twilio.Stop():
                self._stopped = True
                session.stream_ended(stream, "callee_hung_up")
                event("twilio", "stream_stopped", **session.ids)
            case _:
                count("telephony", "stream_message_ignored")

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)

    async def _fault(self, error: Exception) -> None:
        logger.error("a media socket failed: %s", where(error))
        if self._session is not None:
            self._session.fault(error)
        await self.close(CloseCode.FAULT)

    async def _bad_frame(self, reason: str) -> None:
        count("telephony", "bad_frame")
        now_s = time.monotonic()
        if now_s - self._bad_since_s > BAD_FRAMES_S:
            self._bad_since_s, self._bad_frames = now_s, 0
        self._bad_frames += 1
        if self._bad_frames == 1:
            logger.warning("a media frame was dropped: %s", reason)
        if self._bad_frames > MAX_BAD_FRAMES:
            await self.close(CloseCode.HOPELESS)

    def _no_start(self) -> None:
        self._closing = asyncio.create_task(self.close(CloseCode.NO_START))


@dataclass(frozen=True, slots=True)
class _Claim:
    """A call that this process holds now. `before`: what became of it so far, when this is not its first stream."""

    call: Call
    before: SoFar | None


def _session_of(claim: _Claim, arrived_s: float) -> CallSession:
    """The session that goes on with the call, or a new one."""
    session = live.get(claim.call.pk)
    if session is not None and session.fence == claim.call.fence:
        return session
    age_s = 0.0
    if claim.before is not None and claim.call.clock_started_at is not None:
        age_s = (timezone.now() - claim.call.clock_started_at).total_seconds()
    # What the session starts is about this call too.
    with about(task_id=str(claim.call.task_id), session_id=str(claim.call.pk)):
        return CallSession(claim.call, CallClock(arrived_s - age_s), claim.before)


def _claim(call_id: uuid.UUID, generation: int, call_sid: str, stream_sid: str) -> _Claim | CloseCode:
    """The call, now held by this process, or the code to close the socket with."""
    call = Call.objects.filter(pk=call_id).first()
    if call is None:
        return CloseCode.UNKNOWN_CALL
    if not services.call_identify(call_id=call_id, call_sid=call_sid):
        return CloseCode.STRANGER
    claimed = services.stream_claim(
        call_id=call_id, generation=generation, stream_sid=stream_sid, owner=OWNER
    )
    if claimed is None:
        return CloseCode.TOKEN_USED
    return _Claim(claimed, None if generation == 1 else selectors.so_far(claimed.pk))
