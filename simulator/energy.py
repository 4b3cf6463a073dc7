"""Speech and quiet, told apart by the energy of mu-law audio."""

from __future__ import annotations

import audioop
from dataclasses import dataclass
from typing import Literal

FRAME_BYTES = 160
BYTES_PER_MS = 8
FRAME_MS = FRAME_BYTES / BYTES_PER_MS

SPEECH_RMS = 300.0
"""Root mean square on the 16-bit scale above which a frame counts as voiced; dither stays below 10."""


def loudness(frame: bytes) -> int:
    """Root mean square of mu-law `frame` on the 16-bit scale; 0 for an empty one."""
    return audioop.rms(audioop.ulaw2lin(frame, 2), 2)


@dataclass(frozen=True, slots=True)
class SpeechEvent:
    """An edge of speech; `at_ms` is when it began or fell quiet, in ms on the stream of bytes fed."""

    kind: Literal["started", "ended"]
    at_ms: float


class SpeechDetector:
    """Finds where speech starts and ends in a stream of mu-law 8 kHz bytes, whatever its framing.

    Speech starts once `start_ms` of voice stand against the quiet between, and ends after `end_quiet_ms`
    without a voiced frame. Both are counted in audio, not on the wall clock: a stream that stops ends
    nothing.
    """

    def __init__(
        self, *, threshold: float = SPEECH_RMS, start_ms: float = 60, end_quiet_ms: float = 500
    ) -> None:
        self._threshold = threshold
        self._start_ms = start_ms
        self._end_quiet_ms = end_quiet_ms
        self._rest = b""
        self._voice_ms = 0.0
        self._began_ms = 0.0
        self._last_voice_ms = 0.0
        self.position_ms = 0.0
        self.speaking = False

    @property
    def quiet_ms(self) -> float:
        """Audio since the last voiced frame, in ms."""
        return self.position_ms - self._last_voice_ms

    def feed(self, data: bytes) -> list[SpeechEvent]:
        """Take more audio; returns the edges it decided, in order."""
        audio = self._rest + data
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        events = []
        for start in range(0, whole, FRAME_BYTES):
            event = self._frame(loudness(audio[start : start + FRAME_BYTES]) >= self._threshold)
            if event is not None:
                events.append(event)
        return events

    def _frame(self, voiced: bool) -> SpeechEvent | None:
        began_ms = self.position_ms
        self.position_ms += FRAME_MS
        if voiced:
            self._last_voice_ms = self.position_ms
        if self.speaking:
            if self.quiet_ms < self._end_quiet_ms:
                return None
            self.speaking = False
            self._voice_ms = 0.0
            return SpeechEvent("ended", self._last_voice_ms)
        if voiced and self._voice_ms == 0.0:
            self._began_ms = began_ms
        self._voice_ms = max(0.0, self._voice_ms + (FRAME_MS if voiced else -FRAME_MS))
        if self._voice_ms < self._start_ms:
            return None
        self.speaking = True
        return SpeechEvent("started", self._began_ms)
