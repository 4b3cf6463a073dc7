"""Marks lie where their numbers say, and words say the numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from tasks_app.telemetry_page import words
from tasks_app.telemetry_page.charts import BOTTOM, LEFT, RIGHT, TOP, Chart, Series, lines, stacked
from tasks_app.telemetry_page.periods import Periods
from telemetry.timeline import Unit

pytestmark = pytest.mark.unit

LABELS = ["Mon", "Tue", "Wed", "Thu"]


def bars(*series: list[float | None]) -> Chart:
    rows = [Series(f"s{i}", f"look{i}", values) for i, values in enumerate(series)]
    return stacked("name", "Title", "Summary.", LABELS, rows, words.number)


def curve(values: list[float | None]) -> Chart:
    rows = [Series("p50", "p50", values)]
    return lines("name", "Title", "Summary.", LABELS, rows, words.milliseconds)


def test_blocks_stand_on_each_other_and_reach_their_value() -> None:
    chart = bars([2, 0, 4, 0], [2, 0, 0, 1])
    assert [bar.title for bar in chart.bars] == ["Mon: 2 s0", "Mon: 2 s1", "Wed: 4 s0", "Thu: 1 s1"]
    first, second, third, _ = chart.bars
    assert first.y + first.height == BOTTOM
    assert second.y + second.height == first.y
    assert second.y == third.y == TOP
    assert all(LEFT <= bar.x <= bar.x + bar.width <= RIGHT for bar in chart.bars)


def test_a_line_breaks_where_a_value_is_missing() -> None:
    chart = curve([100, None, 300, 400])
    (line,) = chart.lines
    assert [command[0] for command in line.path.replace("M", " M").replace("L", " L").split()[::2]] == list(
        "MML"
    )
    assert [point.title for point in chart.points] == [
        "Mon: p50 100 ms",
        "Wed: p50 300 ms",
        "Thu: p50 400 ms",
    ]
    assert chart.points[-1].y == TOP


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (4, ["0", "1", "2", "3", "4"]),
        (5, ["0", "2", "4", "6"]),
        (667, ["0", "200", "400", "600", "800"]),
        (12_345, ["0", "5,000", "10,000", "15,000"]),
    ],
)
def test_the_axis_has_few_and_round_labels(most: int, labels: list[str]) -> None:
    assert [tick.text for tick in bars([most, 0, 0, 0]).y_ticks] == labels


@pytest.mark.parametrize("most", [0.004, 0.7, 1, 9.99, 10, 61, 1e6])
def test_nothing_is_drawn_above_the_axis(most: float) -> None:
    chart = curve([most, most / 2, None, 0])
    assert 2 <= len(chart.y_ticks) <= 5
    assert all(TOP <= point.y <= BOTTOM for point in chart.points)


def test_the_table_has_what_the_chart_shows() -> None:
    chart = curve([100, None, 1500, 12_000])
    assert [(row.label, row.cells) for row in chart.rows] == [
        ("Mon", ("100 ms",)),
        ("Tue", ("–",)),
        ("Wed", ("1.5 s",)),
        ("Thu", ("12 s",)),
    ]


def test_without_values_it_is_empty() -> None:
    assert bars([0, 0, 0, 0]).empty
    assert curve([None] * 4).empty
    assert not curve([0, None, None, None]).empty


def test_many_periods_have_few_labels_and_the_latest_has_one() -> None:
    labels = [str(i) for i in range(30)]
    chart = stacked("n", "T", "S", labels, [Series("s", "s", [1] * 30)], words.number)
    assert len(chart.x_ticks) == 6
    assert chart.x_ticks[-1].text == "29"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 s"), (0.5, "0.5 s"), (45, "45 s"), (59.6, "60 s"), (200, "3:20"), (3750, "1:02:30")],
)
def test_seconds_in_words(value: float, said: str) -> None:
    assert words.seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 ms"), (0.84, "0.8 ms"), (640.4, "640 ms"), (1234, "1.2 s"), (12_300, "12 s"), (1e7, "10,000 s")],
)
def test_milliseconds_in_words(value: float, said: str) -> None:
    assert words.milliseconds(value) == said


@pytest.mark.parametrize(("least", "step"), [(0.2, 1), (9, 10), (61, 120), (3601, 7200)])
def test_an_axis_of_time_has_steps_of_time(least: float, step: float) -> None:
    assert words.seconds_step(least) == step


def test_a_range_is_cut_into_hours_or_days_of_utc() -> None:
    now = dt.datetime(2026, 5, 20, 14, 30, tzinfo=dt.UTC)
    day = Periods.of("24h", now)
    assert (day.unit, len(day.labels), day.labels[0], day.labels[-1]) == (Unit.HOUR, 24, "15:00", "14:00")
    month = Periods.of("30d", now)
    assert (len(month.labels), month.labels[0], month.labels[-1]) == (30, "21 Apr", "20 May")
    assert month.before == dt.datetime(2026, 3, 22, tzinfo=dt.UTC)
    assert month.numbers_before[-1] + 1 == month.numbers[0]


def test_an_unknown_range_is_a_week() -> None:
    assert Periods.of("forever", dt.datetime.now(dt.UTC)).name == "7d"
