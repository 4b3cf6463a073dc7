"""The life of one call: queued, rung, answered, its TwiML run, hung up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from simulator.callee.callee import Callee
from simulator.callee.scenario import Outcome
from simulator.callee.visitor import Visitor
from simulator.twilio.callbacks import CallNews
from simulator.twilio.calls import SimCall, Status, Target
from simulator.twilio.documents import DocumentRunner
from simulator.twilio.gap import Gap
from simulator.twilio.stream import MediaStream
from simulator.twilio.waiting import pause

if TYPE_CHECKING:
    from simulator.twilio.exchange import Exchange

logger = logging.getLogger(__name__)


class Line:
    """Runs one call. Whoever has it may hang it up or redirect it at any time; neither ever blocks."""

    def __init__(self, call: SimCall, callee: Callee | Visitor, exchange: Exchange, seed: str) -> None:
        self.call = call
        self.callee = callee
        self.streams: list[MediaStream] = []
        self.exchange = exchange
        self.room = exchange.world.room(call.sid)
        self.seed = seed
        self.faults = exchange.faults.now
        self.news = CallNews(call, exchange.webhooks, self.faults.callbacks)
        self.interrupted = asyncio.Event()
        """Set to make whatever runs stop: the call is over, or goes on with another document."""
        self._gap = Gap(callee, exchange.world)
        self._over = False
        self._redirected: Target | None = None
        callee.on_hang_up = lambda: self.hang_up("callee")
        callee.on_press = self._press

    @property
    def ending(self) -> bool:
        """Somebody has hung up."""
        return self._over

    @property
    def live_stream(self) -> MediaStream | None:
        """The stream that is running now."""
        return self.streams[-1] if self.streams and not self.streams[-1].ended else None

    def stream_opened(self, stream: MediaStream) -> None:
        """`stream` carries the sound of the line from now on."""
        self._gap.end()
        self.streams.append(stream)

    def stream_closed(self, stream: MediaStream) -> None:
        """`stream` is over: what is said on the line now reaches nobody."""
        self._gap.begin(stream.next_frame_ms)

    def key(self, key: str) -> None:
        """Our side has pressed `key`: the callee gets it."""
        self.room.note("key_heard", key=key)
        self.callee.key(key, self.exchange.world.now_ms())

    def hang_up(self, by: str) -> None:
        """End the call; only the first to hang up is remembered."""
        if not self._over:
            self._over = True
            self.call.ended_by = by
            self.room.note("hung_up", by=by)
        self.interrupted.set()

    def redirect(self, target: Target) -> None:
        """Leave whatever runs, a stream included, and go on with `target`."""
        self._redirected = target
        self.interrupted.set()

    def take_redirect(self) -> Target | None:
        """Where to go on after an interruption; None when the call is over."""
        if self._over:
            return None
        target, self._redirected = self._redirected, None
        self.interrupted.clear()
        return target

    async def run(self) -> None:
        """The whole call, until its last callback is delivered."""
        news = asyncio.create_task(self.news.deliver(), name=f"{self.call.sid} callbacks")
        voice = asyncio.create_task(self.callee.prepare(), name=f"{self.call.sid} voice")
        try:
            self._finish(await self._outcome(voice))
            await news
        finally:
            for task in (voice, news):
                task.cancel()
            await asyncio.gather(voice, news, self.callee.close(), return_exceptions=True)
            self.room.hush()

    async def _outcome(self, voice: asyncio.Task[None]) -> Status:
        """The final status; a fault of the simulator fails this call and is logged, and no other call notices."""
        try:
            return await self._live(voice)
        except Exception:
            logger.exception("call %s: the simulator failed", self.call.sid)
            return Status.FAILED

    async def _live(self, voice: asyncio.Task[None]) -> Status:
        """Everything up to the final status, which is returned."""
        scenario = self.callee.scenario
        if await pause(self.interrupted, self.call.queue_time_ms / 1000):
            return Status.CANCELED
        self.news.tell("initiated", "initiated")
        if scenario.outcome is Outcome.FAILED:
            await pause(self.interrupted, scenario.ring_s)
            self.call.sip_code = scenario.sip_code
            return Status.FAILED
        if scenario.outcome is Outcome.BUSY:
            await pause(self.interrupted, scenario.ring_s)
            return Status.BUSY
        self._advance(Status.RINGING, "ringing")
        answers = scenario.outcome is Outcome.ANSWER and scenario.ring_s < self.call.request.timeout_s
        ring_s = scenario.ring_s if answers else self.call.request.timeout_s
        if await pause(self.interrupted, ring_s):
            return Status.CANCELED
        if not answers:
            self.call.sip_code = 487
            return Status.NO_ANSWER
        await voice
        await self._talk()
        return Status.COMPLETED

    async def _talk(self) -> None:
        self._advance(Status.IN_PROGRESS, "answered")
        later = asyncio.get_running_loop().call_later
        limits = [later(self.call.request.time_limit_s, self.hang_up, "time-limit")]
        if self.callee.scenario.stays_s is not None:
            limits.append(later(self.callee.scenario.stays_s, self.hang_up, "callee"))
        try:
            await DocumentRunner(self).run(self.call.request.target)
        finally:
            self._gap.end()
            for limit in limits:
                limit.cancel()

    def _press(self, key: str) -> None:
        """The callee presses a key; without a stream nobody notices."""
        if self.live_stream is not None:
            self.live_stream.press(key)

    def _advance(self, status: Status, event: str) -> None:
        self.call.advance(status, self.exchange.world.now_ms())
        self.room.note("status", status=str(status))
        self.news.tell(event, str(status))

    def _finish(self, status: Status) -> None:
        if not self.call.ended_by:
            self.call.ended_by = str(status)
        self._advance(status, "completed")
        self.news.finish()
        logger.info(
            "call %s %s after %s s, ended by %s",
            self.call.sid,
            status,
            self.call.duration_s,
            self.call.ended_by,
        )
