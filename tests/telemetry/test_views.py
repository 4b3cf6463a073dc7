"""What is counted for one person: the same as what is found by ids, and no event twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from telemetry import index as index_module
from telemetry import views as views_module
from telemetry.index import EventIndex
from telemetry.selection import Wanted
from telemetry.stats import Tally
from telemetry.store import LineFile
from tests.telemetry.events import PATIENCE_S, fill, line, write

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine makes no answer incomplete."""
    monkeypatch.setattr(index_module, "PATIENCE_S", 5.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def known(path: Path) -> EventIndex:
    """An index that has read everything."""
    index = EventIndex(LineFile(path))
    assert index.read_all(PATIENCE_S)
    return index


def actions(answer: dict[str, Any]) -> list[str]:
    return [event["action"] for event in answer["events"]]


@pytest.fixture
def nothing_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything must be counted for a viewer before it is told."""
    monkeypatch.setattr(index_module, "FEW", -1)


def test_what_is_counted_for_a_viewer_is_what_is_found_by_ids(path: Path, nothing_is_few: None) -> None:
    tasks = fill(path, 8000)
    write(path, [line("rare", "own", session_id="s1"), line("rare", "nobodys")])
    index = known(path)
    kinds: list[tuple[str | None, str | None]] = [
        (None, None),
        ("turn", None),
        ("rare", "own"),
        (None, "none"),
    ]
    for mine in (
        frozenset(tasks[::2]),
        frozenset({*tasks[::2], "s1"}),
        frozenset(tasks[:3]),
        frozenset[str](),
    ):
        for component, action in kinds:
            by_ids = Wanted(component, action, visible=mine)
            asked = Wanted(component, action, visible=mine, viewer=7)
            assert index.summary(asked) == index.summary(by_ids)
            assert index.recent(asked, 300) == index.recent(by_ids, 300)
    assert index.summary(Wanted(viewer=8, visible=frozenset(tasks)))["event_count"] == 8000


def test_a_viewers_new_tasks_and_events_are_counted(path: Path, nothing_is_few: None) -> None:
    write(path, [line(action="a", task_id="t1"), line(action="b", task_id="t2")] * 3)
    index = known(path)
    assert index.summary(Wanted(viewer=7, visible=frozenset({"t1"})))["event_count"] == 3
    write(path.with_name("new"), [line(action="c", task_id="t3"), line(action="b", task_id="t2")])
    path.rename(path.with_name(f"{path.name}.1"))
    path.with_name("new").rename(path)
    assert index.read_all(PATIENCE_S)
    mine = frozenset({"t1", "t3"})
    assert sorted(index.summary(Wanted(viewer=7, visible=mine))["actions"]) == ["a", "c"]
    assert actions(index.recent(Wanted(viewer=7, visible=mine), 2)) == ["c", "a"]
    assert index.summary(Wanted(viewer=7, visible=mine, task_id="t2"))["event_count"] == 0
    assert index.summary(Wanted(viewer=7, visible=mine | {"t2"}))["event_count"] == 8


def test_a_viewers_question_counts_only_what_is_new(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = frozenset(fill(path, 20_000))
    index = known(path)
    assert index.summary(Wanted(viewer=7, visible=mine))["event_count"] == 20_000
    added: list[int] = []
    real = Tally.add

    def counting(tally: Tally, n: int, *rest: Any) -> None:
        added.append(n)
        real(tally, n, *rest)

    monkeypatch.setattr(Tally, "add", counting)
    write(path, [line(task_id=min(mine))])
    assert index.read_all(PATIENCE_S)
    assert index.summary(Wanted(viewer=7, visible=mine))["event_count"] == 20_001
    assert index.recent(Wanted(viewer=7, visible=mine, action="finish"), 5)["count"] == 5
    assert len(added) < 10


def test_a_viewer_does_not_wait_for_the_counting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = frozenset(fill(path, 8000))
    index = known(path)
    monkeypatch.setattr(views_module, "PAUSE_S", 0.2)  # one who counts slowly for sure
    monkeypatch.setattr(index_module, "PATIENCE_S", 0.3)
    wanted = Wanted(viewer=7, visible=mine)
    few = index.summary(wanted)
    assert (few["complete"], few["event_count"]) == (True, 8000)  # looked up by ids meanwhile
    monkeypatch.setattr(index_module, "FEW", 100)
    part = index.summary(wanted)
    assert part["complete"] is False
    assert part["event_count"] < 8000
    assert index.recent(wanted, 100)["count"] == 100
    monkeypatch.setattr(views_module, "PAUSE_S", 0.0)
    monkeypatch.setattr(index_module, "PATIENCE_S", 5.0)
    assert index.summary(wanted) == few
