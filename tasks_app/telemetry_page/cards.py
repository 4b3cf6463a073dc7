"""The numbers at the top of the page, each against the stretch of time before. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from tasks_app.telemetry_page.calls import CallNumbers, Counted
from tasks_app.telemetry_page.timings import Timings
from tasks_app.telemetry_page.words import milliseconds, seconds
from telemetry.stats import counted_percentiles


@dataclass(frozen=True, slots=True)
class Card:
    """`change` in words; `tone`: good, bad or "" for neither."""

    title: str
    value: str
    note: str
    change: str
    tone: str


def cards(numbers: CallNumbers, timings: Timings) -> list[Card]:
    """Those that a person looks at first."""
    now, before = _together(numbers.periods), numbers.before
    median_s, median_before_s = (counted_percentiles(part.durations_s, (50,))[0] for part in (now, before))
    return [
        Card("Calls", f"{now.calls:,}", f"{numbers.live} live now", *_relative(now.calls, before.calls)),
        Card(
            "Answered",
            _percent(_rate(now.answered, now.calls)),
            f"{now.answered:,} of {now.calls:,} calls",
            *_points(_rate(now.answered, now.calls), _rate(before.answered, before.calls)),
        ),
        Card(
            "Achieved",
            _percent(_achieved(now)),
            f"{now.outcomes['success']:,} of {_judged(now):,} judged tasks",
            *_points(_achieved(now), _achieved(before)),
        ),
        Card(
            "Median call",
            seconds(median_s) if median_s is not None else "–",
            "from answer to hang-up",
            *_relative(median_s, median_before_s),
        ),
        Card(
            "Median answer",
            milliseconds(timings.turn_ms) if timings.turn_ms is not None else "–",
            "until the agent speaks",
            *_relative(timings.turn_ms, timings.turn_ms_before, less_is_better=True),
        ),
        Card(
            "Errors",
            f"{timings.errors:,}",
            "steps that failed",
            *_relative(timings.errors, timings.errors_before, less_is_better=True),
        ),
    ]


def _together(periods: list[Counted]) -> Counted:
    whole = Counted()
    for period in periods:
        whole.answered += period.answered
        whole.unanswered += period.unanswered
        whole.outcomes.update(period.outcomes)
        whole.durations_s.update(period.durations_s)
    return whole


def _judged(counted: Counted) -> int:
    return counted.outcomes.total() - counted.outcomes["unknown"]


def _achieved(counted: Counted) -> float | None:
    return _rate(counted.outcomes["success"], _judged(counted))


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def _relative(
    now: float | None, before: float | None, *, less_is_better: bool | None = None
) -> tuple[str, str]:
    """`▲ 12 %`, and whether that is good, where one can say so."""
    if now is None or not before:
        return "nothing before", ""
    percent = round((now - before) / before * 100)
    if percent == 0:
        return "as before", ""
    tone = "" if less_is_better is None else "good" if (percent < 0) == less_is_better else "bad"
    return f"{'▲' if percent > 0 else '▼'} {abs(percent):,} %", tone


def _points(now: float | None, before: float | None) -> tuple[str, str]:
    """`▼ 3 points`: more is better."""
    if now is None or before is None:
        return "nothing before", ""
    points = round((now - before) * 100)
    if points == 0:
        return "as before", ""
    return f"{'▲' if points > 0 else '▼'} {abs(points)} points", "good" if points > 0 else "bad"
