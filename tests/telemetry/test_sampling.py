"""Noisy events are gathered by call, and nothing is gathered without bound or for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sampling import IDLE_S, MAX_SERIES, Key, Sampler

pytestmark = pytest.mark.unit

KEY: Key = ("media", "media_event", None, "s")


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=400), st.integers(1, 150))
def test_every_event_is_in_exactly_one_series(durations: list[float | None], every_n: int) -> None:
    sampler = Sampler()
    series = [full for ms in durations for full in sampler.add(0.0, KEY, ms, every_n)]
    series += sampler.rest()
    timed = [ms for ms in durations if ms is not None]
    assert sum(one.count for one in series) == len(durations)
    assert sum(one.total_ms for one in series) == pytest.approx(sum(timed))
    assert max((one.max_ms for one in series if one.max_ms is not None), default=None) == max(
        timed, default=None
    )
    assert all(one.count == every_n for one in series[:-1])


def test_zero_gathers_nothing() -> None:
    sampler = Sampler()
    assert sampler.add(0.0, KEY, 1.0, 0) == []
    assert len(sampler) == 0


def test_events_without_a_duration_have_no_mean() -> None:
    sampler = Sampler()
    sampler.add(0.0, KEY, None, 120)
    [series] = sampler.rest()
    assert (series.count, series.mean_ms, series.max_ms) == (1, None, None)


def test_a_call_that_fell_silent_is_given_out() -> None:
    sampler = Sampler()
    sampler.add(100.0, KEY, None, 120)
    assert sampler.idle(100.0 + IDLE_S - 0.1) == []
    assert [series.key for series in sampler.idle(100.0 + IDLE_S)] == [KEY]
    assert len(sampler) == 0


def test_many_calls_squeeze_out_the_oldest() -> None:
    sampler = Sampler()
    out = [
        full
        for number in range(MAX_SERIES + 5)
        for full in sampler.add(0.0, ("m", "media_event", None, str(number)), 1.0, 9)
    ]
    assert [series.key[3] for series in out] == ["0", "1", "2", "3", "4"]
    assert len(sampler) == MAX_SERIES
