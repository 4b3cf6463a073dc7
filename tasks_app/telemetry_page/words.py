"""Amounts as the page says them. No I/O."""

from __future__ import annotations

from math import ceil
from typing import Final

from tasks_app.clock_time import clock_time

_ROUND_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)


def number(value: float) -> str:
    """`1,234`."""
    return f"{value:,.0f}"


def seconds(value: float) -> str:
    """`45 s`, `3:20`, `1:02:30`."""
    if value < 60:
        return f"{value:.0f} s" if value >= 10 or value == int(value) else f"{value:.1f} s"
    return clock_time(round(value))


def seconds_step(least: float) -> float:
    """A round amount of time that is at least this much."""
    return next((step for step in _ROUND_S if least <= step), 3600 * ceil(least / 3600))


def milliseconds(value: float) -> str:
    """`0.8 ms`, `640 ms`, `1.2 s`, `12 s`."""
    if value < 10:
        return f"{value:.1f} ms" if value else "0 ms"
    if value < 1000:
        return f"{value:.0f} ms"
    if value < 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value / 1000:,.0f} s"
