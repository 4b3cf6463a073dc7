"""What the callee hears: the queue of agent audio that Twilio plays on its own 20 ms clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

FRAME_BYTES = 160
FRAME_MS = 20
BYTES_PER_MS = 8
SILENCE = b"\xff"
MAX_QUEUED_BYTES = 10 * 60 * 1000 * BYTES_PER_MS
"""Twilio discards what is queued beyond ten minutes (warning 31931)."""


@dataclass(slots=True)
class Run:
    """Agent audio heard without a gap; times in ms on the clock that `tick` was given."""

    start_ms: float
    end_ms: float
    n_bytes: int = 0
    cut: bool = False
    """It ended because of a `clear`, with more still queued."""
    open: bool = True
    late_ms: float = 0.0
    """How late its worst frame was, on a machine too busy to keep time: its marks came as much later."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a `clear` threw away."""

    dropped_bytes: int
    marks: tuple[str, ...]
    ended: Run | None
    """The run that it ended; its last frame may still be sounding."""


@dataclass(frozen=True, slots=True)
class Tick:
    """20 ms of the line: what is played now, and which marks the audio before it has reached."""

    frame: bytes
    marks: tuple[str, ...]
    began: Run | None
    ended: Run | None


@dataclass(slots=True)
class Playback:
    """Plays queued audio in order, one frame a tick, and knows when each mark is reached."""

    runs: list[Run] = field(default_factory=list)
    _queue: bytearray = field(default_factory=bytearray)
    _marks: deque[tuple[int, str]] = field(default_factory=deque)
    _taken: int = 0
    """Bytes that left the queue since the beginning, played or cleared."""
    _waited: bool = False

    @property
    def queued_bytes(self) -> int:
        """Bytes not yet played."""
        return len(self._queue)

    @property
    def current(self) -> Run | None:
        """What is being heard now."""
        return self.runs[-1] if self.runs and self.runs[-1].open else None

    @property
    def idle(self) -> bool:
        """Nothing is being played and nothing waits: a mark would be reached at once."""
        return not self._queue and self.current is None

    def enqueue(self, audio: bytes) -> int:
        """Queue `audio`; returns how many bytes of it were discarded because the queue is full."""
        room_left = MAX_QUEUED_BYTES - len(self._queue)
        self._queue += audio[:room_left]
        return max(0, len(audio) - room_left)

    def mark(self, name: str) -> None:
        """Remember a mark; the tick at which all audio queued before it has been played returns it."""
        self._marks.append((self._taken + len(self._queue), name))

    def clear(self) -> Cleared:
        """Empty the queue. The frame being played is out already and is heard to its end."""
        run = self.stop()
        if run is not None:
            run.cut = bool(self._queue)
        cleared = Cleared(len(self._queue), tuple(name for _, name in self._marks), run)
        self._taken += len(self._queue)
        self._queue.clear()
        self._marks.clear()
        return cleared

    def tick(self, at_ms: float) -> Tick:
        """Play the next 20 ms, which begin at `at_ms`; what the tick before played is over now."""
        reached = self._reached_marks()
        audio = self._next_audio()
        run = self.current
        began = ended = None
        if audio:
            if run is None:
                run = began = Run(at_ms, at_ms)
                self.runs.append(run)
            run.n_bytes += len(audio)
            run.end_ms = at_ms + len(audio) / BYTES_PER_MS
        if run is not None and len(audio) < FRAME_BYTES:
            run.open = False
            ended = run
        return Tick(audio.ljust(FRAME_BYTES, SILENCE), reached, began, ended)

    def stop(self) -> Run | None:
        """End the run in progress, if there is one, with the frame being played."""
        run = self.current
        if run is not None:
            run.open = False
        return run

    def _reached_marks(self) -> tuple[str, ...]:
        reached = []
        while self._marks and self._marks[0][0] <= self._taken:
            reached.append(self._marks.popleft()[1])
        return tuple(reached)

    def _next_audio(self) -> bytes:
        """Up to one frame; speech begins only with a whole frame at hand, or after waiting a tick for it."""
        if self.current is None and 0 < len(self._queue) < FRAME_BYTES and not self._waited:
            self._waited = True
            return b""
        self._waited = False
        audio = bytes(self._queue[:FRAME_BYTES])
        del self._queue[:FRAME_BYTES]
        self._taken += len(audio)
        return audio
