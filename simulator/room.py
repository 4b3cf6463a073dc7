"""One call as the simulator knows it: what was said in it, who can hear what, and when things happened."""

from __future__ import annotations

from collections.abc import Callable

from simulator.ear import INAUDIBLE, Ear, Spoken
from simulator.speech import Utterance

__all__ = ["INAUDIBLE", "Room"]


class Room:
    """One call. Words spoken here are understood here only."""

    def __init__(
        self,
        call_sid: str,
        now_ms: Callable[[], float],
        claim: Callable[[Utterance, str], None] | None = None,
    ) -> None:
        self.call_sid = call_sid
        self.to = ""
        """The number that was called, once known."""
        self.timeline: list[dict[str, object]] = []
        self._now_ms = now_ms
        self._claim = claim
        self._spoken: dict[str, Spoken] = {}

    def spoken(self, utterance: Utterance) -> None:
        """`utterance` is about to be uttered here, so that ears for its speaker can understand it.

        Raises ValueError when it was already uttered in another room: its seed was used twice, and audio that
        crosses between the two calls would not be noticed.
        """
        if self._claim is not None:
            self._claim(utterance, self.call_sid)
        self._spoken_by(utterance.speaker).add(utterance)

    def ear(self, speaker_heard: str) -> Ear:
        """A new ear that understands only what `speaker_heard` says in this room."""
        return Ear(self._spoken_by(speaker_heard))

    def note(self, kind: str, **data: object) -> None:
        """Append `{at_ms, kind, **data}` to the timeline, on the world's clock."""
        self.timeline.append({"at_ms": round(self._now_ms(), 3), "kind": kind, **data})

    def hush(self) -> None:
        """The call is over: forget the audio, keep the timeline."""
        for spoken in self._spoken.values():
            spoken.clear()

    def _spoken_by(self, speaker: str) -> Spoken:
        return self._spoken.setdefault(speaker, Spoken())
