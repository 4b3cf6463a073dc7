"""The agent's hearing: whose turn it is, by the energy of the audio, and what was said in it, by the ear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from simulator.ear import Ear
from simulator.energy import FRAME_BYTES, SpeechDetector


class TurnEdge(Enum):
    """What changed in the caller's turn."""

    STARTED = auto()
    PAUSED = auto()
    """Quiet long enough to begin thinking, not to answer."""
    RESUMED = auto()
    """Went on speaking before the turn was confirmed as over."""
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """An edge of the caller's turn, and all that was understood of the turn up to it."""

    edge: TurnEdge
    text: str


class Listener:
    """Takes the caller's audio in any framing and tells turns.

    All quiet is counted in audio, as speech recognition does: a client that stops streaming ends no turn.
    """

    def __init__(self, ear: Ear, *, pause_ms: float, end_ms: float) -> None:
        self._ear = ear
        self._pause_ms = min(pause_ms, end_ms)
        self._detector = SpeechDetector(end_quiet_ms=self._pause_ms)
        self._end_ms = end_ms
        self._paused = False
        self._texts: list[str] = []
        self._rest = b""

    @property
    def in_turn(self) -> bool:
        """Whether the caller's turn is going on."""
        return self._detector.speaking or self._paused

    def feed(self, data: bytes) -> list[TurnEvent]:
        """Take more audio; returns the edges in it, in order."""
        audio = self._rest + data
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        events: list[TurnEvent] = []
        for start in range(0, whole, FRAME_BYTES):
            frame = audio[start : start + FRAME_BYTES]
            self._ear.feed(frame)
            for edge in self._edges(frame):
                events.append(TurnEvent(edge, self._understood()))
                if edge is TurnEdge.ENDED:
                    self._texts.clear()
        return events

    def force_end(self) -> TurnEvent | None:
        """End the turn now, whoever still speaks; None when there is none."""
        if not self.in_turn:
            return None
        self._detector = SpeechDetector(end_quiet_ms=self._pause_ms)
        self._paused = False
        event = TurnEvent(TurnEdge.ENDED, self._understood())
        self._texts.clear()
        return event

    def _edges(self, frame: bytes) -> list[TurnEdge]:
        edges = []
        for event in self._detector.feed(frame):
            if event.kind == "ended":
                edges.append(TurnEdge.PAUSED)
            else:
                edges.append(TurnEdge.RESUMED if self._paused else TurnEdge.STARTED)
            self._paused = event.kind == "ended"
        if self._paused and self._detector.quiet_ms >= self._end_ms:
            self._paused = False
            edges.append(TurnEdge.ENDED)
        return edges

    def _understood(self) -> str:
        text = self._ear.take()
        if text:
            self._texts.append(text)
        return " ".join(self._texts)
