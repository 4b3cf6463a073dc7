"""One live call: it carries the bridge's effects out, between Twilio's socket, the agent's socket, disk and database.

A session belongs to the call, not to the socket: a stream may be replaced. Its tasks end together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from telemetry.record import count, event, timed_step
from telephony import bus, live, placing, prompts, recording, services, tools
from telephony.bridge import Bridge
from telephony.deepgram.client import AgentLink, AgentUnavailableError, open_agent
from telephony.deepgram.messages import settings_message
from telephony.deepgram.settings import agent_config
from telephony.effects import (
    AudioToAgent,
    Configure,
    Effect,
    HangUp,
    Measure,
    Note,
    PlayAudio,
    RecordAgent,
    SaveTurn,
    SendClear,
    SendMark,
    ToAgent,
)
from telephony.ending import Limits
from telephony.events import EventType, NewEvent
from telephony.levels import LevelMeter
from telephony.lifecycle import Event
from telephony.models import Call, Recording
from telephony.outbox import Outbox
from telephony.twilio import messages as twilio
from telephony.writer import SessionWriter

logger = logging.getLogger(__name__)

TICK_S = 0.05
FLUSH_S = 0.5
"""How much audio a killed process may lose."""

GRACE_S = 2.0
"""How long a stream that we did not end may be away before the call is ending."""

TO_AGENT_BYTES = 8000 * 5
TO_TWILIO_BYTES = 8000 * 60

_disk = ThreadPoolExecutor(max_workers=2, thread_name_prefix="recording")


class CallSession:
    """The audio and the agent of one call, from the first stream to the end."""

    def __init__(
        self, call: Call, *, stream_sid: str, started_s: float, send: Callable[[str], Awaitable[None]]
    ) -> None:
        """`started_s` is when the stream's `start` arrived, on the monotonic clock."""
        self.call_id = call.pk
        self._call = call
        self._ids: dict[str, Any] = {"session_id": str(call.pk), "task_id": str(call.task_id)}
        self._stream_sid = stream_sid
        self._send = send
        self._started_s = started_s
        self._stream_offset_ms: float | None = None
        brief = call.get_brief()
        self._opening_line = prompts.opening_line(brief)
        limits = Limits(settings.MAX_CALL_SECONDS * 1000, settings.SILENCE_TIMEOUT_SECONDS * 1000)
        with_agent = settings.DEEPGRAM_VOICE_AGENT_ENABLED
        self._bridge = Bridge(opening_line=self._opening_line, limits=limits, with_agent=with_agent)
        self._recorder = recording.Recorder(call.pk)
        self._writer = SessionWriter(call.pk, call.fence, on_stale=lambda: self.end("", hang_up=False))
        self._to_twilio: Outbox[str] = Outbox(max_audio_bytes=TO_TWILIO_BYTES)
        self._to_agent: Outbox[dict[str, Any]] = Outbox(max_audio_bytes=TO_AGENT_BYTES)
        self._ending = asyncio.Event()
        self._end: tuple[str, str, bool] = ("", "", True)
        self._grace: asyncio.TimerHandle | None = None
        self._levels = LevelMeter(call, self._bridge)
        self._main = asyncio.create_task(self._run(with_agent), name=f"call-{call.pk}")

    # --- from the consumer ---

    def media(self, frame: twilio.Media, arrived_s: float) -> None:
        """Audio of the person called, that arrived at `arrived_s` on the monotonic clock."""
        now_ms = (arrived_s - self._started_s) * 1000
        duration_ms = len(frame.payload) / 8
        if self._stream_offset_ms is None:
            self._stream_offset_ms = max(0.0, now_ms - duration_ms) - frame.timestamp_ms
        start_ms = frame.timestamp_ms + self._stream_offset_ms
        early_ms = start_ms + duration_ms - now_ms
        if (
            early_ms > 0
        ):  # nothing arrives before it has sounded: the first frame was late, not this one early
            self._started_s -= early_ms / 1000
            now_ms += early_ms
        self._recorder.caller.place(frame.payload, start_ms)
        self._do(self._bridge.caller_audio(frame.payload, start_ms, now_ms))

    def mark(self, name: str) -> None:
        """Twilio's echo of a mark."""
        self._do(self._bridge.mark_echoed(name, self._now_ms()))

    def dtmf(self, digit: str) -> None:
        """A key that the person called pressed."""
        self._do(self._bridge.dtmf(digit))

    def stream_ended(self, reason: str) -> None:
        """The stream has stopped or its socket is gone, which we did not ask for."""
        if self._grace is None and not self._ending.is_set():
            status = "lost" if reason == "media_lost" else "stopped"
            self._writer.add(NewEvent(EventType.STREAM, {"status": status, "detail": ""}))
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self.end, reason)

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
                    self._to_agent.put(audio)
                case PlayAudio(audio=audio):
                    self._to_twilio.put(audio)
                case SendMark(name=name):
                    self._to_twilio.put(twilio.mark(self._stream_sid, name))
                case SendClear():
                    self._to_twilio.discard_audio()
                    self._to_twilio.put(twilio.clear(self._stream_sid))
                case ToAgent(message=message):
                    self._to_agent.put(message)
                case Configure(greet=greet):
                    self._to_agent.put(self._settings(greet=greet))
                case RecordAgent(placed=placed):
                    self._recorder.agent.place(placed.audio, placed.start_ms)
                case SaveTurn(turn=turn):
                    self._writer.add(turn)
                case Note(event=note):
                    self._writer.add(note)
                case Measure(action=action, duration_ms=duration_ms):
                    event("turn", action, duration_ms=duration_ms, **self._ids)
                case HangUp(reason=reason, detail=detail):
                    self.end(reason, detail)

    def _settings(self, *, greet: bool) -> dict[str, Any]:
        prompt = prompts.system_prompt(self._call.get_brief(), opening_spoken=greet)
        return settings_message(
            agent_config(),
            prompt=prompt,
            functions=tools.FUNCTIONS,
            greeting=self._opening_line if greet else None,
            call_sid=self._call.call_sid or "",
        )

    # --- tasks ---

    async def _run(self, with_agent: bool) -> None:
        live.add(self)
        writing = asyncio.create_task(self._writer.run())
        tasks = [asyncio.create_task(work) for work in (self._send_to_twilio(), self._tick(), self._flush())]
        if with_agent:
            tasks.append(asyncio.create_task(self._talk_to_agent()))
        try:
            with bus.on_command(self.call_id, self._command):
                await self._ending.wait()
                await self._wind_up(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._writer.close()
            await writing
            self._writer.shut()
            live.remove(self)

    async def _wind_up(self, tasks: list[asyncio.Task[None]]) -> None:
        """Silence first, then the line, then the record."""
        reason, detail, hang_up = self._end
        if self._grace is not None:
            self._grace.cancel()
        self._do(self._bridge.finish(self._now_ms()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if hang_up:
            try:
                await self._writer.run_in_thread(
                    services.call_advance, call_id=self.call_id, event=Event.END, reason=reason, detail=detail
                )
                await self._writer.run_in_thread(placing.hang_up, self.call_id)
            except Exception:  # the sweeper asks Twilio again; the recording must still be closed
                logger.exception("call %s could not be ended in order", self.call_id)
        await self._close_recording()

    async def _close_recording(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(_disk, self._recorder.flush)
        state, duration_ms, failure = Recording.State.FINISHED, 0, self._recorder.failure
        try:
            with timed_step("recording", "finish", **self._ids):
                finished = await loop.run_in_executor(_disk, recording.finish, self.call_id)
            duration_ms = finished.duration_ms
            if not finished.has_audio:
                state, failure = Recording.State.MISSING, failure or "No audio arrived."
            elif failure:
                state = Recording.State.TRUNCATED
        except OSError as error:
            state, failure = Recording.State.TRUNCATED, f"The disk refused the recording: {error.strerror}."
        try:
            await self._writer.run_in_thread(
                services.recording_close,
                call_id=self.call_id,
                state=state,
                duration_ms=duration_ms,
                detail=failure,
                fence=self._call.fence,
            )
        except Exception:  # the sweeper closes recordings whose session could not
            logger.exception("the recording of call %s could not be closed", self.call_id)

    async def _talk_to_agent(self) -> None:
        try:
            async with open_agent(
                settings.DEEPGRAM_VOICE_AGENT_WS_URL, api_key=settings.DEEPGRAM_API_KEY
            ) as link:
                sending = asyncio.create_task(self._send_to_agent(link))
                try:
                    async for message in link:
                        now_ms = self._now_ms()
                        if isinstance(message, bytes):
                            self._do(self._bridge.agent_audio(message, now_ms))
                        else:
                            self._do(self._bridge.agent_message(message, now_ms))
                finally:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
                lost = link.close_detail
        except AgentUnavailableError as error:
            lost = str(error)
        self._do(self._bridge.agent_lost(lost))

    async def _send_to_agent(self, link: AgentLink) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                for item in await self._to_agent.take():
                    if isinstance(item, bytes):
                        await link.send_audio(item)
                    else:
                        await link.send(item)

    async def _send_to_twilio(self) -> None:
        while True:
            for item in await self._to_twilio.take():
                await self._send(twilio.media(self._stream_sid, item) if isinstance(item, bytes) else item)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._do(self._bridge.tick(self._now_ms()))
            self._levels.tick(self._now_ms())

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await asyncio.get_running_loop().run_in_executor(_disk, self._recorder.flush)

    # --- watching ---

    def _command(self, command: dict[str, Any]) -> None:
        match command.get("type"):
            case "watch":
                self._levels.watched()
            case "end":
                self.end("operator_ended")
            case _:
                count("telephony", "unknown_command")

    def _now_ms(self) -> float:
        """The call clock: ms since the first `start`."""
        return (time.monotonic() - self._started_s) * 1000
