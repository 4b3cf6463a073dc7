"""How often and how long, by the hour and by the day: little enough to keep for every kind of event. No I/O.

Durations are counted in steps that grow by 2 %, so a percentile of them is right to one percent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from math import log
from typing import Final

from telemetry.stats import counted_percentiles

GROWTH: Final = 1.02
HOURS_KEPT: Final = 49
"""Two days and the hour that has begun; days are all kept."""

_LOG_GROWTH: Final = log(GROWTH)
_STEP_AT, _OK_AT, _KIND_AT, _DAY_AT = 5, 17, 18, 32
"""Where the parts of a code begin, in bits; the hour of the day has the lowest five."""

EVERYTHING: Final = -1
ALL_BUT_HOUR: Final = EVERYTHING << _STEP_AT
"""Masks for codes."""


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
        steps = counted_percentiles(self.steps, wanted)
        return [None if step is None else _duration_ms(step) for step in steps]


Periods = dict[int, Period]
"""By the number of the hour or day."""


class Timeline:
    """The periods of one kind of event, each by its number."""

    __slots__ = ("_hour", "_newest_hour", "_now", "_periods")

    def __init__(self) -> None:
        self._periods: dict[Unit, Periods] = {unit: {} for unit in Unit}
        self._newest_hour = 0
        self._hour = -1
        self._now: tuple[Period, ...] = ()
        """The periods of `_hour`: lines come in the order of time, or nearly."""

    def add(self, at_s: int, n: int, ok: bool, step: int | None) -> None:
        """A line for `n` events at this Unix time, whose mean duration falls into `step`."""
        hour = at_s // Unit.HOUR
        if hour != self._hour:
            self._turn_to(hour)
        for period in self._now:
            period.add(n, ok, step)

    def periods(self, unit: Unit) -> Periods:
        """All that is known."""
        return self._periods[unit]

    def _turn_to(self, hour: int) -> None:
        self._hour = hour
        self._now = (self._at(Unit.DAY, hour * Unit.HOUR // Unit.DAY),)
        hours = self._periods[Unit.HOUR]
        if hour > self._newest_hour:
            self._newest_hour = hour
            for old in [number for number in hours if number <= hour - HOURS_KEPT]:
                del hours[old]
        if hour > self._newest_hour - HOURS_KEPT:
            self._now += (self._at(Unit.HOUR, hour),)

    def _at(self, unit: Unit, number: int) -> Period:
        return self._periods[unit].setdefault(number, Period())


def step_of(duration_us: int | None) -> int | None:
    """The step a duration falls into; -1 for none at all."""
    if duration_us is None:
        return None
    return round(log(duration_us) / _LOG_GROWTH) if duration_us else -1


def _duration_ms(step: int) -> float:
    return GROWTH**step / 1000 if step >= 0 else 0.0


def code_of(at_s: int, kind: int, ok: bool, step: int | None) -> int:
    """Day, kind, success, step and hour of an event in one whole number, so that many are counted at once."""
    day, rest = divmod(at_s, Unit.DAY)
    coded_step = 0 if step is None else step + 2
    return day << _DAY_AT | kind << _KIND_AT | ok << _OK_AT | coded_step << _STEP_AT | rest // Unit.HOUR


def without_step(code: int) -> int:
    return code & ~(_mask(_OK_AT - _STEP_AT) << _STEP_AT)


def periods_by_kind(counted: Mapping[int, int], unit: Unit) -> dict[int, Periods]:
    """Codes, and how often each occurs, by kind and period."""
    found: dict[int, Periods] = {}
    for code, n in counted.items():
        day, hour = code >> _DAY_AT, code & _mask(_STEP_AT)
        number = day if unit is Unit.DAY else 24 * day + hour
        periods = found.setdefault(code >> _KIND_AT & _mask(_DAY_AT - _KIND_AT), {})
        period = periods.get(number) or periods.setdefault(number, Period())
        if code >> _OK_AT & 1:
            period.ok += n
        else:
            period.error += n
        if step := code >> _STEP_AT & _mask(_OK_AT - _STEP_AT):
            period.steps[step - 2] = period.steps.get(step - 2, 0) + n
    return found


def _mask(bits: int) -> int:
    return (1 << bits) - 1


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
