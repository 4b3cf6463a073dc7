"""Is somebody speaking? From the energy of 8 kHz mu-law audio, with no model and no delay."""

from __future__ import annotations

import audioop

from telephony.mulaw import BYTES_PER_MS

VOICE_RMS = 350
"""Loudness (RMS of 16-bit samples) from which a frame counts as voice; line noise stays well below it."""

ONSET_MS = 60
"""Voice must last this long before it is speech and no click."""

PAUSE_MS = 800
"""Speech after a longer pause is another utterance."""


def loudness(mulaw: bytes) -> int:
    """RMS of mu-law audio as 16-bit samples, 0 to 32767."""
    return audioop.rms(audioop.ulaw2lin(mulaw, 2), 2) if mulaw else 0


class VoiceActivity:
    """Follows one track. All times are ms on the clock of the frames fed to it."""

    def __init__(self) -> None:
        self.first_ms: float | None = None
        """When speech began for the first time."""
        self.last_ms: float | None = None
        """The end of the latest voiced frame that belonged to speech."""
        self.utterance_ms: float | None = None
        """When the latest speech began; pauses up to PAUSE_MS do not end it."""
        self.level = 0
        self.voiced_ms = 0.0
        """How much voice there was in all."""
        self.heard_ms = 0.0
        """The end of the latest frame, whatever was in it."""
        self._run_ms = 0.0

    def feed(self, mulaw: bytes, start_ms: float) -> None:
        """Add a frame that begins at `start_ms`."""
        duration_ms = len(mulaw) / BYTES_PER_MS
        self.level = loudness(mulaw)
        if self.level < VOICE_RMS or start_ms - self.heard_ms > duration_ms:  # quiet, or frames are missing
            self._run_ms = 0.0
        self.heard_ms = start_ms + duration_ms
        if self.level < VOICE_RMS:
            return
        self._run_ms += duration_ms
        if self._run_ms < ONSET_MS:
            return
        end_ms = start_ms + duration_ms
        begun_ms = end_ms - self._run_ms
        if self.first_ms is None:
            self.first_ms = begun_ms
        if self.last_ms is None or begun_ms - self.last_ms > PAUSE_MS:
            self.utterance_ms = begun_ms
        self.last_ms = end_ms
        self.voiced_ms += duration_ms

    def quiet_ms(self, now_ms: float) -> float | None:
        """How long nobody has spoken; None when nobody ever has."""
        return None if self.last_ms is None else max(0.0, now_ms - self.last_ms)
