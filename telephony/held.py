"""Audio of the person called that waits for the agent to be ready."""

from __future__ import annotations

from collections import deque

from telephony.voice_activity import VoiceActivity

HELD_FRAMES = 250
"""5 s of frames of 20 ms; beyond them the oldest is dropped."""

WORD_MS = 300
"""Shorter sounds may be no word, and get no answer."""


class Held:
    """The latest frames, in order."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, bytes]] = deque(maxlen=HELD_FRAMES)

    def add(self, audio: bytes, start_ms: float) -> None:
        """Keep a frame that begins at `start_ms` on the call clock."""
        self._frames.append((start_ms, audio))

    def drop(self) -> None:
        """Keep nothing of what is here: it needs no answer."""
        self._frames.clear()

    def take(self) -> list[bytes]:
        """All frames, which are held no longer."""
        frames = [audio for _, audio in self._frames]
        self._frames.clear()
        return frames

    def has_words(self, voice: VoiceActivity) -> bool:
        """Whether the latest speech is here from its beginning, and longer than a cough."""
        if not self._frames or voice.utterance_ms is None or voice.last_ms is None:
            return False
        return voice.utterance_ms >= self._frames[0][0] and voice.last_ms - voice.utterance_ms >= WORD_MS
