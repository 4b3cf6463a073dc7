"""Makes what a callee says, word by word or as sounds without words."""

from __future__ import annotations

import asyncio
from pathlib import Path

from simulator.callee.recording import load_recording
from simulator.speech import Utterance, from_recording, seed_for, speak


class Voice:
    """The voice of one callee in one call.

    No two utterances of a simulator share a seed, so that every word belongs to one call: `seed` must differ
    for each call.
    """

    def __init__(self, voice: str, seed: str, variant: int) -> None:
        self._voice = voice
        self._seed = seed
        self._variant = variant
        self._made = 0

    async def utter(self, text: str) -> Utterance:
        """`text`, spoken."""
        return await speak(text, speaker="callee", voice=self._voice, seed=self._next_seed())

    async def play(self, path: Path) -> Utterance:
        """A recording. Raises RecordingError."""
        recording = await asyncio.to_thread(load_recording, path)
        return from_recording(recording.audio, recording.text, speaker="callee", seed=self._next_seed())

    def sound(self, audio: bytes) -> Utterance:
        """Mu-law `audio` without words in it: its text is empty, so ears find nothing to understand."""
        return from_recording(audio, "", speaker="callee", seed=self._next_seed())

    def _next_seed(self) -> int:
        self._made += 1
        return seed_for(self._seed, self._variant, self._made)
