"""How a callee listens: what was heard, on the world's clock, and when the agent's turn is over."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.ear import Ear
from simulator.energy import SpeechDetector
from simulator.room import Room

FRAME_MS = 20
SAME_STREAM_MS = 40
"""Frames further apart than this belong to different streams."""


@dataclass(frozen=True, slots=True)
class HeardLine:
    """Something heard; ms on the world's clock."""

    text: str
    start_ms: float
    end_ms: float
    complete: bool


class Listener:
    """Hears the agent, frame by frame."""

    def __init__(self, room: Room, end_of_turn_ms: float) -> None:
        self.turns = 0
        """Turns the agent has begun."""
        self.turn_since_ms = 0.0
        """When the latest of them began, on the world's clock."""
        self._ear: Ear | None = room.ear("agent")
        self._lines: list[HeardLine] = []
        self._detector = SpeechDetector(end_quiet_ms=end_of_turn_ms)
        self._fed_ms = 0.0
        self._anchors: list[tuple[float, float]] = []

    @property
    def speaking(self) -> bool:
        """The agent has the floor: it speaks, or paused for less than the end of a turn."""
        return self._detector.speaking

    def hear(self, frame: bytes, at_ms: float) -> str | None:
        """Take 20 ms that began at `at_ms`; returns what was understood of a turn that is now over."""
        if not self._anchors or abs(self._on_world(self._fed_ms) - at_ms) > SAME_STREAM_MS:
            self._anchors.append((self._fed_ms, at_ms))
        self._fed_ms += FRAME_MS
        if self._ear is None:
            return None
        self._ear.feed(frame)
        finished = None
        for event in self._detector.feed(frame):
            if event.kind == "started":
                self.turns += 1
                self.turn_since_ms = self._on_world(event.at_ms)
            else:
                finished = self._ear.take()
        return finished

    def heard(self) -> list[HeardLine]:
        """Everything heard so far, in order."""
        if self._ear is None:
            return self._lines
        return [
            HeardLine(item.text, self._on_world(item.start_ms), self._on_world(item.end_ms), item.complete)
            for item in self._ear.heard()
        ]

    def close(self) -> None:
        """Listen no more: keep the lines, and let go of the audio they were heard in."""
        self._lines = self.heard()
        self._ear = None

    def _on_world(self, fed_ms: float) -> float:
        """The world's time of a moment in the audio fed: streams of one call may have gaps between them."""
        fed_at, world_at = next(anchor for anchor in reversed(self._anchors) if anchor[0] <= fed_ms)
        return world_at + fed_ms - fed_at
