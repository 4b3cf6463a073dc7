"""What the person called has really heard of the agent, and when.

Audio goes to Twilio as it comes and waits there. It is played from the moment it arrives or from the end of what was
before it; marks, which Twilio echoes when everything before them was played, correct that estimate; `clear` drops
what was not played. Positions count bytes of agent audio that were sent and not dropped; times are ms on the call
clock.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass

from telephony.mulaw import BYTES_PER_MS

MARK_EVERY_MS = 200
"""At least one mark in this much audio."""

SETTLE_MS = 400
"""Audio is recorded this long after it was played, so that its marks can still correct its place."""

UNCONFIRMED_MS = 1000
"""Audio whose marks do not come back is recorded after this long, where it probably was."""

TOLERANCE_MS = 40
"""An echo that differs less from the estimate corrects nothing: Twilio plays in 20 ms steps."""


@dataclass(slots=True)
class _Run:
    """Audio that is played without a gap. `sent_ms` is when it would have begun on a line without delay.

    `lag_ms` is how much later it sounds than that by the quickest of its echoes, None before the first: an echo may
    come late for many reasons, but never early. `spare_ms` is how little audio has waited on the line when more came,
    at the position `thin` and since the last echo.
    """

    start_ms: float
    first: int
    sent_ms: float
    size: int = 0
    lag_ms: float | None = None
    spare_ms: float = math.inf
    thin: int = 0

    @property
    def end(self) -> int:
        return self.first + self.size

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.size / BYTES_PER_MS

    def more(self, size: int, now_ms: float) -> None:
        """`size` bytes are sent while there is still some of it to play."""
        waiting_ms = self.sent_ms + self.size / BYTES_PER_MS - now_ms
        if waiting_ms < self.spare_ms:
            self.spare_ms, self.thin = waiting_ms, self.end
        self.size += size

    def split(self, position: int) -> _Run:
        """End it at `position`; returns the rest as a run of its own, of which no echo is known."""
        offset_ms = (position - self.first) / BYTES_PER_MS
        rest = _Run(self.start_ms + offset_ms, position, self.sent_ms + offset_ms, self.end - position)
        self.size = position - self.first
        return rest

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
            self._runs.append(_Run(start_ms, self.sent, now_ms, len(audio)))
        else:
            run.more(len(audio), now_ms)
        self.sent += len(audio)
        self._unrecorded += audio

    def next_mark(self, *, at_end: bool = False) -> str | None:
        """The name of a mark to send now, if one is due: every 200 ms of audio, and at the end of a reply."""
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
        """The position played at `now_ms`: estimated, and never less than what is confirmed or recorded."""
        played = max(self.confirmed, self._recorded)
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
        for run in self._runs:
            first = max(run.first, self._recorded)
            last = run.played(now_ms - (UNCONFIRMED_MS if run.lag_ms is None else SETTLE_MS))
            if last > first:
                audio = bytes(self._unrecorded[: last - first])
                placed.append(Placed(run.start_ms + (first - run.first) / BYTES_PER_MS, audio))
                del self._unrecorded[: last - first]
                self._recorded = last
            if self._recorded < run.end:
                break
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
        lag_ms = max(0.0, now_ms - (run.sent_ms + (position - run.first) / BYTES_PER_MS))
        if self._round_trip_ms is None or lag_ms < self._round_trip_ms:
            self._round_trip_ms = lag_ms
        if run.lag_ms is None or lag_ms < run.lag_ms:
            run.lag_ms = lag_ms
            self._move(index, max(run.first, self._recorded))
        elif lag_ms - run.lag_ms > max(TOLERANCE_MS, run.spare_ms):
            # The line may have starved at its thinnest.
            self._move(index, max(run.thin, self._recorded), lag_ms)
        if run.thin < position:
            run.spare_ms = math.inf

    def _move(self, index: int, position: int, lag_ms: float | None = None) -> None:
        """From `position` on, let a run sound as late as `lag_ms` or else its own lag says; what is recorded stays."""
        run = self._runs[index]
        late_ms = run.lag_ms if lag_ms is None else lag_ms
        assert late_ms is not None
        shift_ms = run.sent_ms + late_ms - run.start_ms
        if abs(shift_ms) <= TOLERANCE_MS or position >= run.end or (shift_ms < 0 and position > run.first):
            return
        if position > run.first:
            run = run.split(position)
            run.lag_ms = late_ms
            index += 1
            self._runs.insert(index, run)
        before_ms = self._runs[index - 1].end_ms if index else 0.0
        run.start_ms = max(before_ms, run.start_ms + shift_ms)
        for earlier, later in itertools.pairwise(itertools.islice(self._runs, index, None)):
            later.start_ms = max(later.start_ms, earlier.end_ms)
