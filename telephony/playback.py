"""What the person called has really heard of the agent, and when.

Audio goes to Twilio as it comes and waits there. It is played from the moment it arrives or from the end of what was
before it; marks, which Twilio echoes when everything before them was played, correct that estimate; `clear` drops
what was not played. Positions count bytes of agent audio that were sent and not dropped; times are ms on the call
clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

BYTES_PER_MS = 8
MARK_EVERY_MS = 400
"""At least one mark in this much audio."""

SETTLE_MS = 400
"""Audio is recorded this long after it was played, so that its mark can still correct its place."""

TOLERANCE_MS = 40
"""An echo that differs less from the estimate corrects nothing: Twilio plays in 20 ms steps."""


@dataclass(slots=True)
class _Run:
    """Audio that is played without a gap. `sent_ms` is when it would have begun on a line without delay."""

    start_ms: float
    first: int
    sent_ms: float
    size: int = 0

    @property
    def end(self) -> int:
        return self.first + self.size

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.size / BYTES_PER_MS

    def played(self, now_ms: float) -> int:
        """The position up to which this run was played at `now_ms`."""
        return self.first + int(min(self.size, max(0.0, (now_ms - self.start_ms) * BYTES_PER_MS)))


@dataclass(frozen=True, slots=True)
class Placed:
    """Audio and when it began to sound."""

    start_ms: float
    audio: bytes


class Playback:
    """Follows the agent's audio through one stream."""

    def __init__(self) -> None:
        self.sent = 0
        """Position after the last byte that was sent and not dropped."""
        self.confirmed = 0
        """Position up to which Twilio has confirmed the playback."""
        self._runs: deque[_Run] = deque()
        self._unrecorded = bytearray()
        self._recorded = 0
        self._marks: dict[str, int] = {}
        self._mark_count = 0
        self._marked = 0
        self._round_trip_ms: float | None = None
        """The shortest way of audio to the phone and of its mark back.

        The phone's own sound comes as late as its marks do: with both placed by their arrival here, the two tracks are
        aligned as the phone has heard them.
        """

    def send(self, audio: bytes, now_ms: float) -> None:
        """Audio was handed to Twilio."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.sent_ms + run.size / BYTES_PER_MS < now_ms:
            start_ms = max(now_ms + (self._round_trip_ms or 0.0), run.end_ms if run else 0.0)
            run = _Run(start_ms=start_ms, first=self.sent, sent_ms=now_ms)
            self._runs.append(run)
        run.size += len(audio)
        self.sent += len(audio)
        self._unrecorded += audio

    def next_mark(self, *, at_end: bool = False) -> str | None:
        """The name of a mark to send now, if one is due: every 400 ms of audio, and at the end of a reply."""
        unmarked = self.sent - self._marked
        if unmarked == 0 or (not at_end and unmarked < MARK_EVERY_MS * BYTES_PER_MS):
            return None
        self._mark_count += 1
        name = f"m{self._mark_count}"
        self._marks[name] = self._marked = self.sent
        return name

    def echo(self, name: str, now_ms: float) -> bool:
        """A mark came back. False when it was flushed by `clear`, or is unknown: that is no playback."""
        position = self._marks.pop(name, None)
        if position is None:
            return False
        self.confirmed = max(self.confirmed, position)
        self._correct(position, now_ms)
        return True

    def clear(self, now_ms: float) -> int:
        """Twilio was told to drop what it has not played. Returns how many bytes that is."""
        played = self.played(now_ms)
        dropped = self.sent - played
        while self._runs and self._runs[-1].first >= played:
            self._runs.pop()
        if self._runs:
            self._runs[-1].size = min(self._runs[-1].size, played - self._runs[-1].first)
        if dropped:
            del self._unrecorded[max(0, played - self._recorded) :]
        self.sent = self._marked = played
        self._marks.clear()
        return dropped

    def played(self, now_ms: float) -> int:
        """The position played at `now_ms`: estimated, and never less than confirmed."""
        played = self.confirmed
        for run in self._runs:
            if run.start_ms <= now_ms:
                played = max(played, run.played(now_ms))
        return played

    def is_playing(self, now_ms: float) -> bool:
        """Whether audio that was sent has not been played yet."""
        return self.played(now_ms) < self.sent

    def ends_ms(self) -> float:
        """When everything sent so far will have been played."""
        return self._runs[-1].end_ms if self._runs else 0.0

    def starts_ms(self, position: int) -> float:
        """When the byte at `position` sounds, for audio not yet recorded; the last known moment otherwise."""
        for run in self._runs:
            if run.first <= position < run.end:
                return run.start_ms + (position - run.first) / BYTES_PER_MS
        return self.ends_ms()

    def settled(self, now_ms: float) -> list[Placed]:
        """Audio whose place in time is sure, each byte once, in order."""
        placed = []
        limit_ms = now_ms - SETTLE_MS
        for run in self._runs:
            first = max(run.first, self._recorded)
            last = run.played(limit_ms)
            if last <= first:
                continue
            audio = bytes(self._unrecorded[: last - first])
            placed.append(Placed(run.start_ms + (first - run.first) / BYTES_PER_MS, audio))
            del self._unrecorded[: last - first]
            self._recorded = last
        while len(self._runs) > 1 and self._runs[0].end <= self._recorded:
            self._runs.popleft()
        return placed

    def now_sounding(self, now_ms: float, duration_ms: int = 20) -> bytes:
        """The audio that sounds at `now_ms`; empty when the agent is silent."""
        if not self.is_playing(now_ms):
            return b""
        offset = self.played(now_ms) - self._recorded
        return bytes(self._unrecorded[offset : offset + duration_ms * BYTES_PER_MS]) if offset >= 0 else b""

    def _correct(self, position: int, now_ms: float) -> None:
        """Move what is not recorded yet to where the echo shows that it was played."""
        index = next((i for i, run in enumerate(self._runs) if run.first < position <= run.end), None)
        if index is None:
            return
        run = self._runs[index]
        lag_ms = now_ms - (run.sent_ms + (position - run.first) / BYTES_PER_MS)
        self._round_trip_ms = (
            max(0.0, lag_ms) if self._round_trip_ms is None else max(0.0, min(self._round_trip_ms, lag_ms))
        )
        shift_ms = run.sent_ms + lag_ms - run.start_ms
        if abs(shift_ms) <= TOLERANCE_MS:
            return
        if run.first < self._recorded:  # its beginning is on disk: only the rest can move, and only later
            if shift_ms < 0 or run.end <= self._recorded:
                return
            rest = _Run(
                run.start_ms + (self._recorded - run.first) / BYTES_PER_MS,
                self._recorded,
                run.sent_ms + (self._recorded - run.first) / BYTES_PER_MS,
                run.end - self._recorded,
            )
            run.size = self._recorded - run.first
            index += 1
            self._runs.insert(index, rest)
            run = rest
        before_ms = self._runs[index - 1].end_ms if index else 0.0
        run.start_ms = max(before_ms, run.start_ms + shift_ms)
        for earlier, later in zip(list(self._runs)[index:], list(self._runs)[index + 1 :], strict=False):
            later.start_ms = max(later.start_ms, earlier.end_ms)
