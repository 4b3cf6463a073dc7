"""What a callee speaks into the line, 20 ms at a time; comfort noise when it says nothing."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from simulator.room import Room
from simulator.speech import Utterance

FRAME_BYTES = 160
BYTES_PER_MS = 8
COMFORT_NOISE = b"\xff\x7f\xfe\x7e" * 64
"""Mu-law codes next to zero, as a quiet line carries them, for any random byte."""


@dataclass(slots=True)
class Said:
    """Something said; times in ms on the world's clock, `end_ms` growing while it is being said."""

    text: str | None
    """Empty for a sound without words, None for a recording whose words nobody knows."""
    start_ms: float
    end_ms: float
    cut: bool = False
    """It stopped in the middle."""


class Mouth:
    """Says utterances one after another."""

    def __init__(self, room: Room, seed: str) -> None:
        self.said: list[Said] = []
        self._room = room
        self._random = random.Random(seed)
        self._waiting: deque[Utterance] = deque()
        self._rest = b""

    @property
    def busy(self) -> bool:
        """Speaking, or about to."""
        return bool(self._waiting or self._rest)

    def say(self, utterance: Utterance) -> None:
        """Say it after what is being said."""
        self._waiting.append(utterance)

    def hush(self) -> None:
        """Stop in the middle, and forget what was to be said after it."""
        self._waiting.clear()
        if self._rest:
            self._rest = b""
            self.said[-1].cut = True
            self._room.note("last_callee_sample", sample_ms=self.said[-1].end_ms)

    def frame(self, at_ms: float) -> bytes:
        """The 160 bytes of the 20 ms from `at_ms` on."""
        if not self._rest and self._waiting:
            utterance = self._waiting.popleft()
            self._room.spoken(utterance)
            self._room.note("first_callee_sample", sample_ms=at_ms)
            self.said.append(Said(utterance.text, at_ms, at_ms))
            self._rest = utterance.audio
        audio, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
        if audio:
            self.said[-1].end_ms = at_ms + len(audio) / BYTES_PER_MS
            if not self._rest:
                self._room.note("last_callee_sample", sample_ms=self.said[-1].end_ms)
        return audio + self._noise(FRAME_BYTES - len(audio))

    def _noise(self, n_bytes: int) -> bytes:
        return self._random.randbytes(n_bytes).translate(COMFORT_NOISE)
