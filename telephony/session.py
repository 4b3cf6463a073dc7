"""One live call: it carries the bridge's effects out, between Twilio's socket, the agent's socket, disk and database.

A session belongs to the call, not to the socket: a stream may be replaced. Its tasks end together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError

from telephony import actions, bus, live, measures, placing, prompts, selectors
from telephony import effects as fx
from telephony.actions import Action
from telephony.agent_settings import agent_settings
from telephony.bridge import Bridge
from telephony.clock import CallClock
from telephony.deepgram.connection import AgentConnection
from telephony.deepgram.messages import AgentMessage, FunctionCall
from telephony.ending import Limits
from telephony.events import EventType, NewEvent
from telephony.handover import Handover
from telephony.levels import LevelMeter
from telephony.live_recording import LiveRecording
from telephony.models import Call
from telephony.redirects import Redirects
from telephony.safe_logging import where
from telephony.so_far import SoFar
from telephony.sound import Sound
from telephony.stream import Stream
from telephony.twilio import messages as twilio
from telephony.writer import SessionWriter, run_blocking

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TICK_S = 0.05
OVER_POLL_S = 0.5
"""How often the row is asked, while there is no stream, whether Twilio has ended the call."""

FAULT = "A fault on this server ended the call."


class CallSession:
    """The audio and the agent of one call, from the first stream to the end."""

    def __init__(self, call: Call, clock: CallClock, before: SoFar | None = None) -> None:
        """`before`: a call that another process has held until now; None for a new call."""
        self.call_id = call.pk
        self.fence = call.fence
        self._call = call
        self.ids: measures.Ids = {"session_id": str(call.pk), "task_id": str(call.task_id)}
        self._clock = clock
        self._bridge = Bridge(
            opening_line=prompts.opening_line(call.get_brief()),
            limits=Limits(settings.MAX_CALL_SECONDS * 1000, settings.SILENCE_TIMEOUT_SECONDS * 1000),
            with_agent=settings.DEEPGRAM_VOICE_AGENT_ENABLED,
            before=before,
            now_ms=clock.now_ms(),
        )
        self._recording = LiveRecording(call, offset_ms=0.0 if before is None else clock.now_ms())
        self._writer = SessionWriter(call.pk, call.fence, on_stale=lambda: self.end("", hang_up=False))
        self._agent = AgentConnection(received=self._from_agent, lost=self._agent_lost)
        self._reconnect_s: float | None = None
        self._stream: Stream | None = None
        self._handover = Handover()
        self._redirects = Redirects(call.pk, call.fence, self._handover)
        self._jobs: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._end: tuple[str, str, bool] = ("", "", True)
        self._levels = LevelMeter(call, self._bridge)
        self._sound = Sound(lambda piece, far: bus.publish_sound(call.pk, piece.to_json(), far=far))
        self._main = asyncio.create_task(self._run(), name=f"call-{call.pk}")

    # --- from the consumer ---

    def attach(
        self,
        stream_sid: str,
        *,
        send: Callable[[str], Awaitable[None]],
        hang_up: Callable[[], Awaitable[None]],
    ) -> Stream | None:
        """A stream begins, or another one goes on with the call; None when the call is ending.

        `send` writes to its socket, `hang_up` closes it. What still comes of a former stream is ignored.
        """
        if self._ending.is_set():
            return None
        if self._stream is not None:
            self.stream_ended(self._stream, "media_lost")
        self._handover.attached()
        self._stream = stream = Stream(stream_sid, send=send, hang_up=hang_up, clock=self._clock)
        self._do(self._bridge.stream_attached(self._clock.now_ms()))
        return stream

    def media(self, stream: Stream, frame: twilio.Media, arrived_s: float) -> None:
        """Audio of the person called, that arrived at `arrived_s` on the monotonic clock."""
        if stream is not self._stream or (start_ms := stream.start_ms(frame.timestamp_ms, arrived_s)) is None:
            return
        self._recording.caller.place(frame.payload, start_ms)
        self._sound.caller(frame.payload, start_ms)
        self._do(self._bridge.caller_audio(frame.payload, start_ms, self._clock.at_ms(arrived_s)))

    def mark(self, stream: Stream, name: str) -> None:
        """Twilio's echo of a mark."""
        if stream is self._stream:
            self._do(self._bridge.mark_echoed(name, self._clock.now_ms()))

    def dtmf(self, digit: str) -> None:
        """A key that the person called pressed."""
        self._do(self._bridge.dtmf(digit))

    def stream_ended(self, stream: Stream, reason: str) -> None:
        """The stream has stopped or its socket is gone. Another one may follow; if none does, `reason` is why."""
        if stream is not self._stream or self._ending.is_set():
            return
        self._stream = None
        self._job(stream.close())
        status = "lost" if reason == "media_lost" else "stopped"
        self._writer.add(NewEvent(EventType.STREAM, {"status": status, "detail": ""}))
        now_ms = self._clock.now_ms()
        self._do(self._bridge.stream_lost(now_ms))
        self._handover.lost(reason, now_ms)

    def end(self, reason: str, detail: str = "", *, hang_up: bool = True) -> None:
        """End the call for `reason`. Only the first reason counts."""
        if not self._ending.is_set():
            self._end = (reason, detail, hang_up)
            self._ending.set()

    async def wait_closed(self) -> None:
        """Until everything of this call is written."""
        await asyncio.shield(self._main)

    # --- effects ---

    def _do(self, effects: list[fx.Effect]) -> None:
        for effect in effects:
            match effect:
                case fx.AudioToAgent(audio=audio):
                    self._agent.send(audio)
                case fx.ToAgent(message=message):
                    self._agent.send(message)
                case fx.Configure(begin=begin, whispers=whispers):
                    history = self._bridge.conversation.history
                    self._agent.send(agent_settings(self._call, begin, history, whispers))
                case fx.PlayAudio() | fx.SendMark() | fx.SendClear():
                    if self._stream is not None:
                        self._stream.carry(effect)
                case fx.RecordAgent(placed=placed):
                    self._recording.agent.place(placed.audio, placed.start_ms)
                    self._sound.agent(placed)
                case fx.SaveTurn(turn=turn):
                    self._writer.add(turn)
                case fx.Note(event=note):
                    self._writer.add(note)
                    measures.note(note, self.ids)
                case fx.Measure(action=action, duration_ms=duration_ms):
                    measures.turn(action, duration_ms, self.ids)
                case fx.DropAgent():
                    self._agent.drop()
                case fx.Reconnect(wait_ms=wait_ms):
                    self._reconnect_s = wait_ms / 1000
                case fx.PressKeys(asked_by=asked_by, keys=keys):
                    self._job(self._press_keys(asked_by, keys))
                case fx.Apologise(reason=reason, detail=detail):
                    self._job(self._apologise(reason, detail))
                case fx.HangUp(reason=reason, detail=detail):
                    self.end(reason, detail)

    def _from_agent(self, message: bytes | AgentMessage) -> None:
        now_ms = self._clock.now_ms()
        if isinstance(message, bytes):
            self._do(self._bridge.agent_audio(message, now_ms))
        else:
            self._do(self._bridge.agent_message(message, now_ms))

    def _agent_lost(self, detail: str, permanent: bool, was_silent: bool) -> float | None:
        self._reconnect_s = None
        now_ms = self._clock.now_ms()
        self._do(self._bridge.agent_lost(detail, now_ms, permanent=permanent, was_silent=was_silent))
        return self._reconnect_s

    # --- things that take their time ---

    def _job(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background; a fault in it ends the call instead of vanishing."""
        task = asyncio.create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._job_done)
        return task

    def _job_done(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault(error)

    def fault(self, error: BaseException) -> None:
        """Something of ours failed: better an end than a call that nobody leads."""
        logger.error("call %s failed: %s", self.call_id, where(error))
        self.end("unknown", FAULT)

    async def _press_keys(self, asked_by: FunctionCall | Action, keys: str) -> None:
        ok = await self._redirects.press_keys(keys)
        self._do(self._bridge.keys_pressed(asked_by, ok=ok))

    async def _apologise(self, reason: str, detail: str) -> None:
        taken_over = await self._redirects.apologise()
        self.end(reason, detail, hang_up=not taken_over)

    async def _watch_over(self) -> None:
        """While there is no stream, ask whether there will be one."""
        while True:
            await asyncio.sleep(OVER_POLL_S)
            is_over = False
            if self._handover.is_away():
                with contextlib.suppress(DatabaseError):  # the next question will tell
                    is_over = await self._writer.run_in_thread(selectors.is_over, self.call_id)
            if reason := self._handover.given_up(self._clock.now_ms(), is_over=is_over):
                self.end(reason)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._do(self._bridge.tick(self._clock.now_ms()))
            self._levels.tick(self._clock.now_ms())
            self._sound.flush()

    def _command(self, command: dict[str, Any]) -> None:
        match command.get("type"):
            case "watch":
                self._levels.watched()
            case "listen":
                self._sound.listened(far=bool(command.get("far")))
            case "end":
                self.end("operator_ended")
            case actions.COMMAND:
                with contextlib.suppress(actions.BadAction):  # of another version of this product
                    self._do(self._bridge.act(Action.from_command(command), self._clock.now_ms()))

    # --- the whole and its end ---

    async def _run(self) -> None:
        live.add(self)
        writing = asyncio.create_task(self._writer.run())
        for work in (self._tick(), self._recording.run(), self._watch_over()):
            self._job(work)
        if settings.DEEPGRAM_VOICE_AGENT_ENABLED:
            self._job(self._agent.run())
        try:
            with bus.on_command(self.call_id, self._command):
                await self._ending.wait()
                await self._wind_up()
        finally:
            await _cancel(list(self._jobs))
            self._writer.close()
            await asyncio.gather(writing, return_exceptions=True)
            self._writer.shut()
            live.remove(self)

    async def _wind_up(self) -> None:
        """Silence first, then the line, then the record. A former owner touches neither row nor line."""
        reason, detail, hang_up = self._end
        self._do(self._bridge.finish(self._clock.now_ms()))
        await _cancel(list(self._jobs))
        owned = await self._attempt(selectors.is_owner, self.call_id, fence=self.fence) is not False
        if owned and reason:
            await self._writer.end_call(reason, detail)
        if owned and hang_up:
            await self._attempt(placing.hang_up, self.call_id)
        if self._stream is not None:
            await self._stream.close(hang_up=hang_up)
        if owned:
            await self._recording.close(self._writer)

    async def _attempt(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """One step of the end; a step that fails keeps none of the others from being done, and the sweeper sees it."""
        try:
            return await run_blocking(function, *args, **kwargs)
        except Exception as error:
            logger.error("call %s: a step of its end failed: %s", self.call_id, where(error))
            return None


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
