"""Events by hour and by day, right to one percent, and in bounded memory."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import uuid
from pathlib import Path

import pytest

from telemetry.index import EventIndex
from telemetry.segment import Segment
from telemetry.selection import Wanted
from telemetry.store import LineFile
from telemetry.timeline import HOURS_KEPT, Period, Timeline, Unit, merged, step_of
from tests.telemetry.events import PATIENCE_S, line

pytestmark = pytest.mark.unit

NOON = int(dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC).timestamp())


def at(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("spread", [1.2, 3.0, 50.0])
def test_percentiles_are_right_to_one_percent(spread: float) -> None:
    source = random.Random(7)
    durations_us = [int(source.lognormvariate(12, 1) * spread) + 1 for _ in range(5_001)]
    period = Period()
    for duration_us in durations_us:
        period.add(1, True, step_of(duration_us))
    exact = statistics.quantiles(durations_us, n=100, method="inclusive")
    for percent, found_ms in zip((50, 95, 99), period.percentiles_ms((50, 95, 99)), strict=True):
        assert found_ms == pytest.approx(exact[percent - 1] / 1000, rel=0.011)


def test_nothing_timed_has_no_percentiles() -> None:
    period = Period()
    period.add(3, False, None)
    assert period.percentiles_ms((50, 99)) == [None, None]
    assert (period.ok, period.error) == (0, 3)


def test_no_time_at_all_is_a_duration_too() -> None:
    period = Period()
    period.add(1, True, step_of(0))
    assert period.percentiles_ms((50,)) == [0.0]


def test_each_event_is_in_its_hour_and_its_day() -> None:
    timeline = Timeline()
    timeline.add(NOON, 1, True, step_of(1000))
    timeline.add(NOON + 3599, 2, False, step_of(3000))
    timeline.add(NOON + 3600, 4, True, None)
    hours = [timeline.periods(Unit.HOUR).get(NOON // Unit.HOUR + n) for n in range(3)]
    assert [(hour.ok, hour.error) if hour else None for hour in hours] == [(1, 2), (4, 0), None]
    day = timeline.periods(Unit.DAY)[NOON // Unit.DAY]
    assert (day.ok, day.error) == (5, 2)
    assert merged([*hours]).steps == day.steps


def test_hours_are_forgotten_and_days_are_not() -> None:
    timeline = Timeline()
    for hour in range(3 * HOURS_KEPT):
        timeline.add(NOON + hour * 3600, 1, True, step_of(1000))
    timeline.add(NOON, 1, True, step_of(1000))  # late news
    kept = [n for n in range(3 * HOURS_KEPT) if NOON // Unit.HOUR + n in timeline.periods(Unit.HOUR)]
    assert kept == list(range(2 * HOURS_KEPT, 3 * HOURS_KEPT))
    first_day = timeline.periods(Unit.DAY)[NOON // Unit.DAY]
    assert first_day.ok == 13


@pytest.mark.parametrize("unit", list(Unit))
def test_chosen_rows_give_what_a_timeline_of_them_gives(events: LineFile, unit: Unit) -> None:
    source = random.Random(5)
    timelines = {"a": Timeline(), "b": Timeline()}
    for _ in range(400):
        kind, ok = source.choice("ab"), source.random() < 0.8
        at_s, count = NOON + source.randrange(2 * 86400), source.choice([1, 1, 1, 7])
        duration_ms = source.choice([None, 0.0, round(source.expovariate(0.01), 3)])
        events.append(line("x", kind, duration_ms, ok=ok, timestamp=at(at_s), count=count))
        timelines[kind].add(
            at_s, count, ok, None if duration_ms is None else step_of(round(duration_ms * 1000))
        )
    segment = Segment(events.open_files()[0])
    while segment.read_on():
        pass
    by_number = segment.periods(range(len(segment)), unit)
    for name, timeline in timelines.items():
        chosen = by_number[segment.kinds["x", name].number]
        assert {n: (p.ok, p.error, p.steps) for n, p in chosen.items()} == {
            n: (p.ok, p.error, p.steps) for n, p in timeline.periods(unit).items()
        }


@pytest.fixture
def events(tmp_path: Path) -> LineFile:
    return LineFile(tmp_path / "events.jsonl")


def test_the_index_answers_by_period_across_files(events: LineFile) -> None:
    events.append(line("turn", "heard_latency", 800.0, timestamp=at(NOON - 86400)))
    events.path.rename(f"{events.path}.1")
    mine = str(uuid.uuid4())
    events.append(
        line("turn", "heard_latency", 1000.0, timestamp=at(NOON), session_id=mine)
        + line("turn", "heard_latency", 2000.0, timestamp=at(NOON), session_id=str(uuid.uuid4()))
        + line("http", "home", 1.0, ok=False, timestamp=at(NOON))
        + line("http", "home", 1.0, timestamp="yesterday")
    )
    index = EventIndex(events)
    assert index.read_all(PATIENCE_S)
    days = [NOON // Unit.DAY - 1, NOON // Unit.DAY]

    everything = index.over_time(Wanted(), Unit.DAY, days)
    assert everything.complete
    turns = everything.kinds["turn", "heard_latency"]
    assert [period.ok for period in turns] == [1, 2]
    assert turns[0].percentiles_ms((50,)) == [pytest.approx(800, rel=0.01)]
    assert [period.error for period in everything.kinds["http", "home"]] == [0, 1]

    of_mine = index.over_time(Wanted(visible=frozenset({mine})), Unit.DAY, days)
    assert list(of_mine.kinds) == [("turn", "heard_latency")]
    assert [period.ok for period in of_mine.kinds["turn", "heard_latency"]] == [0, 1]

    of_a_component = index.over_time(Wanted(component="http"), Unit.HOUR, [NOON // Unit.HOUR])
    assert list(of_a_component.kinds) == [("http", "home")]


def test_a_line_without_a_time_is_counted_but_in_no_period(events: LineFile) -> None:
    for timestamp in (None, 12, "soon", "9999-12-31T23:59:59"):
        events.append(line(timestamp=timestamp))
    segment = Segment(events.open_files()[0])
    while segment.read_on():
        pass
    assert len(segment) == 4
    assert list(segment.periods(range(3), Unit.DAY)) == []
