"""How often and how long, by the hour and by the day: little enough to keep for every kind of event. No I/O.

Durations are counted in steps that grow by 2 %, so a percentile of them is right to one percent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from math import log
from typing import Final

GROWTH: Final = 1.02
HOURS_KEPT: Final = 49
"""Two days and the hour that has begun; days are all kept."""

_LOG_GROWTH: Final = log(GROWTH)


class Unit(IntEnum):
    """How long a period is, in seconds. Its number is the Unix time divided by this: hours and days are UTC."""

    HOUR = 3600
    DAY = 86400


class Period:
    """What happened in one hour or day. A line that speaks of n events counts n times, and is one duration."""

    __slots__ = ("error", "ok", "steps")

    def __init__(self) -> None:
        self.ok = 0
        self.error = 0
        self.steps: dict[int, int] = {}
        """How many durations, by step: step s is about GROWTH ** s microseconds."""

    def add(self, n: int, ok: bool, step: int | None) -> None:
        """A line for `n` events."""
        if ok:
            self.ok += n
        else:
            self.error += n
        if step is not None:
            self.steps[step] = self.steps.get(step, 0) + 1

    def percentiles_ms(self, wanted: Sequence[float]) -> list[float | None]:
        """The percentiles (0 to 100), in ms; each None when nothing was timed."""
        size = sum(self.steps.values())
        found: list[float | None] = []
        for percent in wanted:
            rank = percent / 100 * (size - 1)
            for step in sorted(self.steps):
                rank -= self.steps[step]
                if rank < 0:
                    found.append(GROWTH**step / 1000 if step >= 0 else 0.0)
                    break
            else:
                found.append(None)
        return found


class Timeline:
    """The periods of one kind of event, each by its number."""

    __slots__ = ("_newest_hour", "_periods")

    def __init__(self) -> None:
        self._periods: dict[Unit, dict[int, Period]] = {unit: {} for unit in Unit}
        self._newest_hour = 0

    def add(self, at_s: int, n: int, ok: bool, duration_us: int | None) -> None:
        """A line for `n` events at this Unix time, whose mean duration is given."""
        step = step_of(duration_us)
        self._at(Unit.DAY, at_s // Unit.DAY).add(n, ok, step)
        hour = at_s // Unit.HOUR
        if hour > self._newest_hour:
            self._newest_hour = hour
            hours = self._periods[Unit.HOUR]
            for old in [number for number in hours if number <= hour - HOURS_KEPT]:
                del hours[old]
        if hour > self._newest_hour - HOURS_KEPT:
            self._at(Unit.HOUR, hour).add(n, ok, step)

    def at(self, unit: Unit, number: int) -> Period | None:
        """One period, if anything happened in it."""
        return self._periods[unit].get(number)

    def _at(self, unit: Unit, number: int) -> Period:
        periods = self._periods[unit]
        period = periods.get(number)
        if period is None:
            period = periods[number] = Period()
        return period


def step_of(duration_us: int | None) -> int | None:
    """The step a duration falls into; -1 for none at all."""
    if duration_us is None:
        return None
    return round(log(duration_us) / _LOG_GROWTH) if duration_us else -1


def merged(periods: Iterable[Period | None]) -> Period:
    """Several periods as one."""
    whole = Period()
    steps: Counter[int] = Counter()
    for period in periods:
        if period is not None:
            whole.ok += period.ok
            whole.error += period.error
            steps.update(period.steps)
    whole.steps = dict(steps)
    return whole
