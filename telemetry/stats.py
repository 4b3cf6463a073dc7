"""How often, how long: tallies of events and their exact percentiles. No I/O.

A percentile is linearly interpolated between the two durations around it (numpy's default method), so the 50th of
1, 2, 3, 10 is 2.5; of counted values it is one of them. Durations are whole microseconds, as the events' own three
decimals of a millisecond are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final

RUN: Final = 8_192
"""Durations are kept in sorted runs of this many: short to sort, and few enough to search."""

PERCENTILES: Final = (50, 95, 99)

Runs = list[Sequence[int]]


class Tally:
    """Events of one kind. A line that speaks of n events (a sample, a count) counts n times, and times once."""

    __slots__ = ("_is_sorted", "_runs", "_tail", "error", "least_us", "most_us", "ok", "timed", "total_us")

    def __init__(self) -> None:
        self.ok = 0
        self.error = 0
        self.timed = 0
        self.total_us = 0
        self.least_us: int | None = None
        self.most_us = 0
        self._runs: Runs = []
        self._tail: list[int] = []
        self._is_sorted = True

    def add(self, n: int, ok: bool, duration_us: int | None, most_us: int | None = None) -> None:
        """A line for `n` events, whose mean was `duration_us` and whose longest `most_us`."""
        if ok:
            self.ok += n
        else:
            self.error += n
        if duration_us is None:
            return
        self.timed += n
        self.total_us += n * duration_us
        self.most_us = max(self.most_us, duration_us if most_us is None else most_us)
        if self.least_us is None or duration_us < self.least_us:
            self.least_us = duration_us
        self._tail.append(duration_us)
        self._is_sorted = False
        if len(self._tail) >= RUN:
            self._runs.append(array("q", sorted(self._tail)))
            self._tail = []

    def sort(self) -> None:
        """Sort what came since the last time, so that `runs` need not."""
        if not self._is_sorted:
            self._tail.sort()
            self._is_sorted = True

    def runs(self) -> Runs:
        """All durations, as sorted sequences."""
        self.sort()
        return [*self._runs, self._tail] if self._tail else self._runs


def summary(tallies: Sequence[Tally]) -> dict[str, Any]:
    """The numbers of all these tallies together; the times are null when nothing was timed."""
    ok = sum(tally.ok for tally in tallies)
    error = sum(tally.error for tally in tallies)
    timed = sum(tally.timed for tally in tallies)
    runs = [run for tally in tallies for run in tally.runs()]
    least_us = [tally.least_us for tally in tallies if tally.least_us is not None]
    return {
        "count": ok + error,
        "ok": ok,
        "error": error,
        "avg_ms": _ms(sum(tally.total_us for tally in tallies) / timed) if timed else None,
        "min_ms": _ms(min(least_us)) if least_us else None,
        "max_ms": _ms(max(tally.most_us for tally in tallies)) if least_us else None,
        **{f"p{p}_ms": _ms(value) for p, value in zip(PERCENTILES, percentiles(runs), strict=True)},
    }


def percentiles(runs: Runs, wanted: Sequence[float] = PERCENTILES) -> list[float | None]:
    """The percentiles (0 to 100) of what all the sorted runs hold together; each None when that is nothing."""
    size = sum(len(run) for run in runs)
    if not size:
        return [None] * len(wanted)
    return [_interpolated(runs, percent / 100 * (size - 1)) for percent in wanted]


def counted_percentiles(counts: Mapping[int, int], wanted: Sequence[float]) -> list[int | None]:
    """The percentiles (0 to 100) of values that occur so often, by nearest rank; each None when there is nothing."""
    size = sum(counts.values())
    found: list[int | None] = []
    for percent in wanted:
        rank = percent / 100 * (size - 1)
        for value in sorted(counts):
            rank -= counts[value]
            if rank < 0:
                found.append(value)
                break
        else:
            found.append(None)
    return found


def _interpolated(runs: Runs, rank: float) -> float:
    lower = int(rank)
    below = _at(runs, lower)
    if rank == lower:
        return below
    ends = [bisect_right(run, below) for run in runs]
    if sum(ends) > lower + 1:  # the next value is the same
        return below
    above = min(run[end] for run, end in zip(runs, ends, strict=True) if end < len(run))
    return below + (above - below) * (rank - lower)


def _at(runs: Runs, rank: int) -> int:
    """The value with `rank` values before it: the least one that more than `rank` values do not exceed."""
    if len(runs) == 1:
        return runs[0][rank]
    low, high = min(run[0] for run in runs), max(run[-1] for run in runs)
    while low < high:
        middle = (low + high) // 2
        if sum([bisect_right(run, middle) for run in runs]) > rank:
            high = middle
        else:
            low = middle + 1
    return low


def _ms(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1000, 3)
