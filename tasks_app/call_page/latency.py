"""How long the callee waited for each answer, as a small bar chart for SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from tasks_app.call_page.transcript import ShownTurn
from tasks_app.call_page.words import clock, in_seconds

PLOT_HEIGHT: Final = 96
LEFT, TOP, BOTTOM = 40, 8, 22
_STEP: Final = 20
_LEAST_BARS: Final = 12
_TOPS_S: Final = (1, 2, 3, 5, 10, 20, 30, 60)
SLOW_MS: Final = 1_500
"""People begin to ask "hello?" after about this long."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer of the agent; x, y, height in the units of the drawing."""

    turn: int
    start_ms: int
    x: float
    y: float
    height: float
    words: str
    is_slow: bool


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line across the plot, and what it means."""

    y: float
    label: str

    @property
    def label_y(self) -> float:
        return self.y + 3.5


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of `width` by `height`."""

    width: int
    height: int
    bars: list[Bar]
    grid: list[GridLine]
    median: str
    p95: str
    slowest: str

    @property
    def left(self) -> int:
        return LEFT

    @property
    def bar_width(self) -> int:
        return _STEP - 6

    @property
    def labels_x(self) -> int:
        """Where the words of the grid end."""
        return LEFT - 5

    @property
    def foot_y(self) -> int:
        return self.height - 6

    @property
    def base(self) -> int:
        return TOP + PLOT_HEIGHT


def latency_chart(turns: Sequence[ShownTurn]) -> Chart | None:
    """The waits of a call; None where the agent answered nothing."""
    answers = [(turn, turn.answered_ms) for turn in turns if turn.answered_ms is not None]
    if not answers:
        return None
    waits = [wait for _, wait in answers]
    top_ms = 1000 * next((top for top in _TOPS_S if top * 1000 >= max(waits)), max(waits) / 1000)
    bars = [
        _bar(turn, wait, LEFT + 4 + index * _STEP, wait / top_ms * PLOT_HEIGHT)
        for index, (turn, wait) in enumerate(answers)
    ]
    grid = [
        GridLine(TOP + PLOT_HEIGHT * (1 - part), in_seconds(top_ms * part) if part else "0 s")
        for part in (0, 0.5, 1)
    ]
    width = LEFT + 8 + max(len(bars), _LEAST_BARS) * _STEP
    return Chart(
        width,
        TOP + PLOT_HEIGHT + BOTTOM,
        bars,
        grid,
        in_seconds(_percentile(waits, 50)),
        in_seconds(_percentile(waits, 95)),
        in_seconds(max(waits)),
    )


def _bar(turn: ShownTurn, wait_ms: int, x: float, height: float) -> Bar:
    height = max(height, 1.5)  # an answer without a wait is still to be seen
    words = f"Turn {turn.number} at {clock(turn.start_ms)}: {in_seconds(wait_ms)}"
    return Bar(turn.number, turn.start_ms, x, TOP + PLOT_HEIGHT - height, height, words, wait_ms >= SLOW_MS)


def _percentile(values: Sequence[int], wanted: int) -> float:
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[wanted - 1]
