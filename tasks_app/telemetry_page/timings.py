"""How long the steps of a call took and how often they failed, from the telemetry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tasks_app.telemetry_page.periods import Periods
from telemetry.known import index
from telemetry.selection import Wanted
from telemetry.timeline import Period, merged

PERCENTILES: Final = (50, 95, 99)
SHOWN: Final = 12
PATIENCE_S: Final = 0.25
"""How long a page waits for events that were never read, as after a start."""

TURN: Final = ("turn", "answer_latency")
"""From the end of a person's words to the agent's first audio: known for every answer, also interrupted ones."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of event in the whole stretch."""

    component: str
    action: str
    count: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Timings:
    """`turns_ms`: p50, p95, p99 of each period. `complete` is false shortly after a start."""

    complete: bool
    components: list[str]
    turns_ms: list[Sequence[float | None]]
    turn_ms: float | None
    turn_ms_before: float | None
    slowest: list[Step]
    failing: list[Step]
    errors: int
    errors_before: int


def timings(periods: Periods, visible: frozenset[str] | None, component: str) -> Timings:
    """No query. The steps and errors are those of `component`, when one is given."""
    numbers = [*periods.numbers_before, *periods.numbers]
    index().read_all(PATIENCE_S)
    known = index().over_time(Wanted(visible=visible), periods.unit, numbers)
    steps, errors_before = [], 0
    for (name, action), of_kind in known.kinds.items():
        if component in ("", name):
            errors_before += sum(period.error for period in of_kind[: periods.count])
            steps.append(_step(name, action, merged(of_kind[periods.count :])))
    turns = known.kinds.get(TURN, [Period() for _ in numbers])
    median_before, median = (
        merged(part).percentiles_ms((50,))[0] for part in (turns[: periods.count], turns[periods.count :])
    )
    timed = [step for step in steps if step.p95_ms is not None]
    failing = [step for step in steps if step.errors]
    return Timings(
        complete=known.complete,
        components=sorted({name for name, _ in known.kinds}),
        turns_ms=[period.percentiles_ms(PERCENTILES) for period in turns[periods.count :]],
        turn_ms=median,
        turn_ms_before=median_before,
        slowest=sorted(timed, key=lambda step: step.p95_ms or 0, reverse=True)[:SHOWN],
        failing=sorted(failing, key=lambda step: step.errors, reverse=True)[:SHOWN],
        errors=sum(step.errors for step in steps),
        errors_before=errors_before,
    )


def _step(component: str, action: str, period: Period) -> Step:
    return Step(
        component, action, period.ok + period.error, period.error, *period.percentiles_ms(PERCENTILES)
    )
