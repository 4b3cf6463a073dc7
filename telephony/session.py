"""One live call: it carries the bridge's effects out, between Twilio's socket, the agent's socket, disk and database.

A session belongs to the call, not to the socket: a stream may be replaced. Its tasks end together.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from django.conf import settings

from telemetry.record import count, event
from telephony import bus, live, placing, prompts, services, tools
from telephony.bridge import Bridge
from telephony.clock import CallClock
from telephony.deepgram.connection import AgentConnection
from telephony.deepgram.messages import AgentMessage, FunctionCall, settings_message
from telephony.deepgram.settings import agent_config
from telephony.effects import (
    Apologise,
    AudioToAgent,
    Begin,
    Configure,
    DropAgent,
    Effect,
    HangUp,
    Measure,
    Note,
    PlayAudio,
    PressKeys,
    Reconnect,
    RecordAgent,
    SaveTurn,
    SendClear,
    SendMark,
    ToAgent,
)
from telephony.ending import Limits
from telephony.events import EventType, NewEvent, TurnState
from telephony.levels import LevelMeter
from telephony.lifecycle import Event
from telephony.live_recording import LiveRecording
from telephony.models import Call
from telephony.stream import Stream
from telephony.twilio import messages as twilio
from telephony.twilio.errors import TelephonyError
from telephony.writer import SessionWriter

logger = logging.getLogger(__name__)

TICK_S = 0.05
GRACE_S = 2.0
"""How long a stream that we did not end may be away before the call is ending."""

REDIRECT_GRACE_S = 12.0
"""How long the next stream may take to come, beyond the keys that are pressed before it."""


class CallSession:
    """The audio and the agent of one call, from the first stream to the end."""

    def __init__(self, call: Call, clock: CallClock, before: list[TurnState] | None = None) -> None:
        """`before`: the turns of a call that another process has held until now; None for a new call."""
        self.call_id = call.pk
        self.fence = call.fence
        self._call = call
        self._ids: dict[str, Any] = {"session_id": str(call.pk), "task_id": str(call.task_id)}
        self._clock = clock
        self._opening_line = prompts.opening_line(call.get_brief())
        self._bridge = Bridge(
            opening_line=self._opening_line,
            limits=Limits(settings.MAX_CALL_SECONDS * 1000, settings.SILENCE_TIMEOUT_SECONDS * 1000),
            with_agent=settings.DEEPGRAM_VOICE_AGENT_ENABLED,
            before=before,
        )
        self._recording = LiveRecording(call, offset_ms=0.0 if before is None else clock.now_ms())
        self._writer = SessionWriter(call.pk, call.fence, on_stale=lambda: self.end("", hang_up=False))
        self._agent = AgentConnection(received=self._from_agent, lost=self._agent_lost)
        self._reconnect_s: float | None = None
        self._stream: Stream | None = None
        self._away: asyncio.Task[None] | None = None
        self._away_s = GRACE_S
        self._jobs: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._end: tuple[str, str, bool] = ("", "", True)
        self._levels = LevelMeter(call, self._bridge)
        self._main = asyncio.create_task(self._run(), name=f"call-{call.pk}")

    # --- from the consumer ---

    def attach(self, stream_sid: str, send: Callable[[str], Awaitable[None]]) -> Stream:
        """A stream begins, or another one goes on with the call. What comes of a former one is ignored from now on."""
        if self._away is not None:
            self._away.cancel()
            self._away, self._away_s = None, GRACE_S
        self._stream = stream = Stream(stream_sid, send, self._clock)
        self._do(self._bridge.stream_attached(self._clock.now_ms()))
        return stream

    def media(self, stream: Stream, frame: twilio.Media, arrived_s: float) -> None:
        """Audio of the person called, that arrived at `arrived_s` on the monotonic clock."""
        if stream is not self._stream:
            return
        start_ms = stream.clock.start_ms(frame.timestamp_ms, len(frame.payload), arrived_s)
        self._recording.caller.place(frame.payload, start_ms)
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
        self._do(self._bridge.stream_lost(self._clock.now_ms()))
        self._away = asyncio.create_task(self._await_stream(reason))

    def end(self, reason: str, detail: str = "", *, hang_up: bool = True) -> None:
        """End the call for `reason`. Only the first reason counts."""
        if not self._ending.is_set():
            self._end = (reason, detail, hang_up)
            self._ending.set()

    async def wait_closed(self) -> None:
        """Until everything of this call is written."""
        await asyncio.shield(self._main)

    # --- effects ---

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case AudioToAgent(audio=audio):
                    self._agent.send(audio)
                case ToAgent(message=message):
                    self._agent.send(message)
                case Configure(begin=begin):
                    self._agent.send(self._settings(begin))
                case PlayAudio() | SendMark() | SendClear():
                    self._to_stream(effect)
                case RecordAgent(placed=placed):
                    self._recording.agent.place(placed.audio, placed.start_ms)
                case SaveTurn(turn=turn):
                    self._writer.add(turn)
                case Note(event=note):
                    self._writer.add(note)
                case Measure(action=action, duration_ms=duration_ms):
                    event("turn", action, duration_ms=duration_ms, **self._ids)
                case DropAgent():
                    self._agent.drop()
                case Reconnect(wait_ms=wait_ms):
                    self._reconnect_s = wait_ms / 1000
                case PressKeys(call=call, keys=keys):
                    self._job(self._press_keys(call, keys))
                case Apologise(reason=reason, detail=detail):
                    self._job(self._apologise(reason, detail))
                case HangUp(reason=reason, detail=detail):
                    self.end(reason, detail)

    def _to_stream(self, effect: PlayAudio | SendMark | SendClear) -> None:
        if self._stream is None:
            return
        match effect:
            case PlayAudio(audio=audio):
                self._stream.play(audio)
            case SendMark(name=name):
                self._stream.mark(name)
            case SendClear():
                self._stream.clear()

    def _settings(self, begin: Begin) -> dict[str, Any]:
        return settings_message(
            agent_config(),
            prompt=prompts.system_prompt(self._call.get_brief(), opening_spoken=begin is not Begin.LISTEN),
            functions=tools.FUNCTIONS,
            greeting=self._opening_line if begin is Begin.GREET else None,
            call_sid=self._call.call_sid or "",
            history=self._bridge.conversation.history if begin is Begin.RESUME else (),
        )

    def _from_agent(self, message: bytes | AgentMessage) -> None:
        now_ms = self._clock.now_ms()
        if isinstance(message, bytes):
            self._do(self._bridge.agent_audio(message, now_ms))
        else:
            self._do(self._bridge.agent_message(message, now_ms))

    def _agent_lost(self, detail: str, permanent: bool) -> float | None:
        self._reconnect_s = None
        self._do(self._bridge.agent_lost(detail, self._clock.now_ms(), permanent=permanent))
        return self._reconnect_s

    # --- things that take their time ---

    def _job(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _press_keys(self, call: FunctionCall, keys: str) -> None:
        """The stream will stop, and another one come when the keys were pressed."""
        self._away_s = REDIRECT_GRACE_S + len(keys)
        try:
            await self._writer.run_in_thread(placing.press_keys, self.call_id, fence=self.fence, keys=keys)
            answer = "The keys were pressed. Wait for what comes next."
        except (TelephonyError, services.StaleOwnerError):
            self._away_s = GRACE_S
            answer = "Error: the keys could not be pressed."
        self._do(self._bridge.tool_finished(call, answer))

    async def _apologise(self, reason: str, detail: str) -> None:
        """Twilio's voice takes over and hangs up; if it cannot, we hang up."""
        try:
            await self._writer.run_in_thread(placing.apologise, self.call_id)
            self.end(reason, detail, hang_up=False)
        except TelephonyError:
            self.end(reason, detail)

    async def _await_stream(self, reason: str) -> None:
        """End the call when no other stream comes in time, or when Twilio says that it is over."""
        deadline_ms = self._clock.now_ms() + self._away_s * 1000
        while self._clock.now_ms() < deadline_ms:
            await asyncio.sleep(0.25)
            if await self._writer.run_in_thread(placing.is_over, self.call_id):
                break
        self.end(reason)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._do(self._bridge.tick(self._clock.now_ms()))
            self._levels.tick(self._clock.now_ms())

    def _command(self, command: dict[str, Any]) -> None:
        match command.get("type"):
            case "watch":
                self._levels.watched()
            case "end":
                self.end("operator_ended")
            case _:
                count("telephony", "unknown_command")

    # --- the whole and its end ---

    async def _run(self) -> None:
        live.add(self)
        writing = asyncio.create_task(self._writer.run())
        tasks = [asyncio.create_task(work) for work in (self._tick(), self._recording.run())]
        if settings.DEEPGRAM_VOICE_AGENT_ENABLED:
            tasks.append(asyncio.create_task(self._agent.run()))
        try:
            with bus.on_command(self.call_id, self._command):
                await self._ending.wait()
                await self._wind_up(tasks)
        finally:
            await _cancel(tasks)
            self._writer.close()
            await writing
            self._writer.shut()
            live.remove(self)

    async def _wind_up(self, tasks: list[asyncio.Task[None]]) -> None:
        """Silence first, then the line, then the record."""
        reason, detail, hang_up = self._end
        self._do(self._bridge.finish(self._clock.now_ms()))
        await _cancel([*tasks, *self._jobs, *([self._away] if self._away else [])])
        if self._stream is not None:
            await self._stream.close()
        try:
            if reason:
                await self._writer.run_in_thread(
                    services.call_advance, call_id=self.call_id, event=Event.END, reason=reason, detail=detail
                )
            if hang_up:
                await self._writer.run_in_thread(placing.hang_up, self.call_id)
        except Exception:  # the sweeper asks Twilio again; the recording must still be closed
            logger.exception("call %s could not be ended in order", self.call_id)
        await self._recording.close(self._writer)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
