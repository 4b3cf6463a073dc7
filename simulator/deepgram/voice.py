"""The agent's voice: sentences as audio, sent faster than real time in frames of odd sizes, and cut off at barge-in."""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections import deque
from collections.abc import Awaitable, Callable

from simulator.config import AgentTimings
from simulator.deepgram.wire import Wire
from simulator.energy import BYTES_PER_MS
from simulator.room import Room
from simulator.speech import Utterance, seed_for, speak

_VOICES = ("en-us+m3", "en-us+f2", "en-us+m1", "en-us+f3")
_CHUNK_BYTES = (160, 4096, 1024)
"""Shortest, longest and most frequent audio frame."""
_BURST_SHARE = 0.3
"""How many frames go out at once with the one before."""


class Voice:
    """Speaks into one agent socket and one room.

    `announce` sends a sentence's text; it is called when its audio begins. `playing_ms` is only the agent's own guess
    of what the client still has to play, as with the real service.
    """

    def __init__(
        self,
        wire: Wire,
        room: Room,
        timings: AgentTimings,
        seed: int,
        model: str,
        announce: Callable[[str], Awaitable[None]],
    ) -> None:
        self._wire = wire
        self._room = room
        self._timings = timings
        self._seed = seed
        self._random = random.Random(seed)
        self._announce = announce
        self.use(model)
        self._sentences = 0
        self._unsent: deque[bytes] = deque()
        self._due_s = 0.0
        self._play_end_s = 0.0

    def use(self, model: str) -> None:
        """Speak from the next sentence on with the voice that stands for `model`."""
        self._voice = _VOICES[zlib.crc32(model.encode()) % len(_VOICES)]

    @property
    def sending(self) -> bool:
        """Whether audio of a reply is still to be sent."""
        return bool(self._unsent)

    @property
    def playing_ms(self) -> float:
        """Audio the client cannot have played yet, in ms."""
        return max(0.0, (self._play_end_s - time.monotonic()) * 1000)

    async def prepare(self, sentence: str) -> Utterance:
        """`sentence` as audio, unique in the world."""
        self._sentences += 1
        seed = seed_for(self._seed, self._sentences)
        return await speak(sentence, speaker="agent", voice=self._voice, seed=seed)

    async def say(self, utterance: Utterance, *, audio_first: bool = False) -> None:
        """Send one utterance; returns when its last byte is sent. `audio_first`: one frame goes before the text."""
        self._room.spoken(utterance)
        self._unsent = deque(self._frames(utterance.audio))
        self._due_s = max(self._due_s, time.monotonic())
        if audio_first:
            await self._send_next()
        await self._announce(utterance.text or "")
        while self._unsent:
            await self._send_next()
            if self._random.random() >= _BURST_SHARE:
                await asyncio.sleep(self._due_s - time.monotonic())

    async def done(self) -> None:
        """Say that all audio of a reply is sent."""
        self._room.note("agent_audio_done")
        await self._wire.send("AgentAudioDone")

    def cut(self) -> list[bytes]:
        """Stop sending; returns the frames that were under way and still go out."""
        late = [self._unsent.popleft() for _ in range(min(self._timings.late_frames, len(self._unsent)))]
        self._unsent.clear()
        self._due_s = self._play_end_s = time.monotonic()
        return late

    async def _send_next(self) -> None:
        frame = self._unsent.popleft()
        length_s = len(frame) / BYTES_PER_MS / 1000
        self._due_s += length_s / self._timings.audio_speed
        self._play_end_s = max(self._play_end_s, time.monotonic()) + length_s
        await self._wire.send_audio(frame)

    def _frames(self, audio: bytes) -> list[bytes]:
        frames = []
        at = 0
        while at < len(audio):
            size = round(self._random.triangular(*_CHUNK_BYTES))
            frames.append(audio[at : at + size])
            at += size
        return frames
