"""The recording of a live call: audio is placed at once, written by a thread, and closed when the call is over."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from telemetry.record import timed_step
from telephony import recording, services
from telephony.models import Call, Recording
from telephony.writer import SessionWriter

logger = logging.getLogger(__name__)

FLUSH_S = 0.5
"""How much audio a killed process may lose."""

_disk = ThreadPoolExecutor(max_workers=2, thread_name_prefix="recording")


class LiveRecording:
    """One segment of a call's recording, begun at `offset_ms` on the call clock."""

    def __init__(self, call: Call, *, offset_ms: float) -> None:
        self._call = call
        self._recorder = recording.Recorder(call.pk, offset_ms=offset_ms)
        self.caller = self._recorder.caller
        self.agent = self._recorder.agent

    async def run(self) -> None:
        """Write what was placed, twice a second."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._flush()

    async def close(self, writer: SessionWriter) -> None:
        """Write the rest, make the WAV files, and say so in the call's row."""
        await self._flush()
        loop = asyncio.get_running_loop()
        state, duration_ms, failure = Recording.State.FINISHED, 0, self._recorder.failure
        try:
            with timed_step(
                "recording", "finish", session_id=str(self._call.pk), task_id=str(self._call.task_id)
            ):
                finished = await loop.run_in_executor(_disk, recording.finish, self._call.pk)
            duration_ms = finished.duration_ms
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
        except Exception:  # the sweeper closes recordings whose session could not
            logger.exception("the recording of call %s could not be closed", self._call.pk)

    async def _flush(self) -> None:
        await asyncio.get_running_loop().run_in_executor(_disk, self._recorder.flush)
