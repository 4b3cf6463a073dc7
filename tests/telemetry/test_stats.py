"""Percentiles against numpy's; counts against what was put in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import stats
from telemetry.stats import Tally, percentiles, summary

pytestmark = pytest.mark.unit

# numpy 2.4: [numpy.percentile(durations(n), p) for p in (50, 95, 99)]
NUMPY = [
    (1, (13.104, 13.104, 13.104)),
    (2, (25.322, 27.8024, 28.02288)),
    (3, (3.739, 7.7422, 8.09804)),
    (4, (17.4435, 52.1638, 55.83916)),
    (10, (12.741, 100.01425, 140.32525)),
    (101, (14.787, 174.084, 296.381)),
    (1000, (19.5945, 145.75095, 361.27591)),
]
NUMPY_40000 = (1.492, 2.851, 2.969)


def durations() -> dict[int, list[float]]:
    """The samples of NUMPY by their size, in ms: one generator makes them all, in this order."""
    rnd = random.Random(7)
    return {n: [round(rnd.lognormvariate(3, 1.2), 3) for _ in range(n)] for n, _ in NUMPY}


def tally_of(durations_ms: list[float]) -> Tally:
    tally = Tally()
    for duration_ms in durations_ms:
        tally.add(1, True, round(duration_ms * 1000))
    return tally


@pytest.mark.parametrize(("n", "expected"), NUMPY)
def test_percentiles_are_numpys(n: int, expected: tuple[float, ...]) -> None:
    values = percentiles(tally_of(durations()[n]).runs())
    assert [value and value / 1000 for value in values] == pytest.approx(expected, abs=1e-6)


def test_percentiles_of_many_sorted_runs_are_numpys() -> None:
    rnd = random.Random(8)
    tally = tally_of([rnd.randrange(0, 3000) / 1000 for _ in range(40_000)])
    assert len(tally.runs()) > 2
    result = summary([tally])
    assert tuple(result[f"p{p}_ms"] for p in (50, 95, 99)) == pytest.approx(NUMPY_40000, abs=1e-6)


def test_equal_values_are_not_passed_over() -> None:
    result = summary([tally_of([1.0] * 95), tally_of([2.0] * 5)])
    assert (result["p50_ms"], result["p95_ms"], result["p99_ms"]) == (1.0, 1.05, 2.0)


@given(st.lists(st.lists(st.integers(0, 50), min_size=1), min_size=1, max_size=5), st.integers(0, 100))
def test_runs_together_are_as_one(runs: list[list[int]], percent: int) -> None:
    whole = sorted(value for run in runs for value in run)
    parts = percentiles([sorted(run) for run in runs], [percent])
    assert parts == pytest.approx(percentiles([whole], [percent]))


def test_a_line_for_many_counts_as_many() -> None:
    tally = Tally()
    tally.add(119, True, 1000, 9000)
    tally.add(1, False, 3000)
    tally.add(5, True, None)
    assert summary([tally]) == {
        "count": 125,
        "ok": 124,
        "error": 1,
        "avg_ms": round((119 * 1 + 3) / 120, 3),
        "min_ms": 1.0,
        "max_ms": 9.0,
        "p50_ms": 2.0,
        "p95_ms": 2.9,
        "p99_ms": 2.98,
    }


def test_nothing_timed_has_no_times() -> None:
    tally = Tally()
    tally.add(1, True, None)
    for tallies in ([], [tally]):
        result = summary(tallies)
        assert {result[name] for name in ("avg_ms", "min_ms", "max_ms", "p50_ms", "p95_ms", "p99_ms")} == {
            None
        }


def test_a_question_between_two_answers_changes_nothing() -> None:
    rnd = random.Random(3)
    values = [rnd.randrange(10_000) for _ in range(stats.RUN + 500)]
    asked, unasked = Tally(), Tally()
    for number, value in enumerate(values):
        asked.add(1, True, value)
        unasked.add(1, True, value)
        if number % 3000 == 0:
            asked.runs()
    assert summary([asked]) == summary([unasked])
