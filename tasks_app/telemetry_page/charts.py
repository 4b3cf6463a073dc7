"""Where the marks of a chart lie, in the units of its SVG's viewBox. No I/O: a template draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final

WIDTH, HEIGHT = 420, 180
LEFT, RIGHT, TOP, BOTTOM = 44.0, 402.0, 10.0, 156.0
MOST_LABELS: Final = 6
_GAP: Final = 0.22
"""The part of a bar's place that stays empty."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers; None where there is none. `look` is a class of the stylesheet."""

    name: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, and its place on it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One block of a stack; `title` says it in words."""

    x: float
    y: float
    width: float
    height: float
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a line; `title` says it in words."""

    x: float
    y: float
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is the `d` of an SVG path, broken where values are missing."""

    path: str
    look: str


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one period, in words, for the table beside the chart."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart. Without a single value it is `empty`."""

    name: str
    title: str
    summary: str
    series: Sequence[Series]
    rows: tuple[Row, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    points: tuple[Point, ...] = ()
    empty: bool = False
    is_stacked: bool = False


Words = Callable[[float], str]
Steps = Callable[[float], float]
"""The distance of an axis' labels: the next round amount from this one on."""


def stacked(
    name: str, title: str, summary: str, labels: Sequence[str], series: Sequence[Series], words: Words
) -> Chart:
    """Bars of parts on top of each other, the first series at the bottom."""
    sums = [sum(one.values[i] or 0 for one in series) for i in range(len(labels))]
    top, y_ticks = _scale(max(sums, default=0), words, lambda least: max(1, round_step(least)))
    place = (RIGHT - LEFT) / max(len(labels), 1)
    bars = []
    for i, label in enumerate(labels):
        below = 0.0
        for one in series:
            value = one.values[i] or 0
            if value:
                y, end = _y(below + value, top), _y(below, top)
                x = LEFT + (i + _GAP / 2) * place
                said = f"{label}: {words(value)} {one.name}"
                bars.append(
                    Bar(round(x, 1), y, round(place * (1 - _GAP), 1), round(end - y, 1), one.look, said)
                )
                below += value
    return Chart(
        name,
        title,
        summary,
        series,
        _rows(labels, series, words),
        y_ticks,
        _x_ticks(labels),
        bars=tuple(bars),
        empty=not any(sums),
        is_stacked=True,
    )


def lines(
    name: str,
    title: str,
    summary: str,
    labels: Sequence[str],
    series: Sequence[Series],
    words: Words,
    step: Steps | None = None,
) -> Chart:
    """One line for each series; a gap where a period has no value."""
    values = [value for one in series for value in one.values if value is not None]
    top, y_ticks = _scale(max(values, default=0), words, step or round_step)
    drawn, points = [], []
    for one in series:
        commands, pen_is_down = [], False
        for i, value in enumerate(one.values):
            if value is None:
                pen_is_down = False
                continue
            x, y = _x(i, len(labels)), _y(value, top)
            commands.append(f"{'L' if pen_is_down else 'M'}{x} {y}")
            points.append(Point(x, y, one.look, f"{labels[i]}: {one.name} {words(value)}"))
            pen_is_down = True
        drawn.append(Line("".join(commands), one.look))
    return Chart(
        name,
        title,
        summary,
        series,
        _rows(labels, series, words),
        y_ticks,
        _x_ticks(labels),
        lines=tuple(drawn),
        points=tuple(points),
        empty=not values,
    )


def round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power: float = 10 ** floor(log10(least))
    return next(n * power for n in (1, 2, 5, 10) if least <= n * power)


def _scale(most: float, words: Words, step_from: Steps) -> tuple[float, tuple[Tick, ...]]:
    """The value at the top of the axis, and the axis' labels: round numbers, five at most."""
    if most <= 0:
        return 1.0, (Tick(BOTTOM, words(0)),)
    step = step_from(most / 4)
    count = -int(-most // step)
    ticks = tuple(Tick(_y(n * step, count * step), words(n * step)) for n in range(count + 1))
    return count * step, ticks


def _rows(labels: Sequence[str], series: Sequence[Series], words: Words) -> tuple[Row, ...]:
    def cell(value: float | None) -> str:
        return "–" if value is None else words(value)

    return tuple(Row(label, tuple(cell(one.values[i]) for one in series)) for i, label in enumerate(labels))


def _x_ticks(labels: Sequence[str]) -> tuple[Tick, ...]:
    every = -(-len(labels) // MOST_LABELS) or 1
    first = (len(labels) - 1) % every  # the latest period always has its label
    return tuple(Tick(_x(i, len(labels)), labels[i]) for i in range(first, len(labels), every))


def _x(i: int, count: int) -> float:
    return round(LEFT + (i + 0.5) * (RIGHT - LEFT) / count, 1)


def _y(value: float, top: float) -> float:
    return round(BOTTOM - value / top * (BOTTOM - TOP), 1)
