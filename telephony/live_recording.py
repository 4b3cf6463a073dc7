"""The recording of a live call: audio is placed at once, written by a thread, and closed when the call is over."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from telemetry.record import timed_step
from telephony import recording, services
from telephony.models import Call, Recording
from telephony.safe_logging import where
from telephony.writer import SessionWriter

logger = logging.getLogger(__name__)

FLUSH_S = 0.4
"""How much audio a killed process may lose, beside what playback has not settled yet."""

_disk = ThreadPoolExecutor(max_workers=2, thread_name_prefix="recording")
_finishing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wav")


class LiveRecording:
    """One segment of a call's recording, begun at `offset_ms` on the call clock."""

    def __init__(self, call: Call, *, offset_ms: float) -> None:
        self._call = call
        self._ids = {"session_id": str(call.pk), "task_id": str(call.task_id)}
        self._recorder = recording.Recorder(call.pk, offset_ms=offset_ms)
        self._flushing = asyncio.Lock()
        self.caller = self._recorder.caller
        self.agent = self._recorder.agent

    async def run(self) -> None:
        """Write what was placed, a few times a second."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await asyncio.shield(self._flush())  # a flush that has begun is ended, or its audio would be lost

    async def close(self, writer: SessionWriter) -> None:
        """Write the rest, make the WAV files, and say so in the call's row."""
        await self._flush()
        loop = asyncio.get_running_loop()
        state, duration_ms = Recording.State.FINISHED, 0
        try:
            with timed_step("recording", "finish", **self._ids):
                finished = await loop.run_in_executor(_finishing, recording.finish, self._call.pk)
            duration_ms, failure = finished.duration_ms, self._recorder.failure
            if not finished.has_audio:
                state, failure = Recording.State.MISSING, failure or "No audio arrived."
            elif failure:
                state = Recording.State.TRUNCATED
        except OSError as error:
            state, failure = Recording.State.TRUNCATED, f"The disk refused the recording: {error.strerror}."
        try:
            await writer.run_in_thread(
                services.recording_close,
                call_id=self._call.pk,
                state=state,
                duration_ms=duration_ms,
                detail=failure,
                fence=self._call.fence,
            )
        except Exception as error:  # the sweeper closes recordings whose session could not
            logger.error("the recording of call %s could not be closed: %s", self._call.pk, where(error))

    async def _flush(self) -> None:
        async with self._flushing:
            audio = self._recorder.take()
            if not any(audio.values()):
                return
            with timed_step("audio", "save_audio_chunk", **self._ids) as step:
                write = asyncio.get_running_loop().run_in_executor(_disk, self._recorder.write, audio)
                refused = await write
                step.ok = not refused
            self._recorder.give_back(refused)
