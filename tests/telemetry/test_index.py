"""Questions about the files: what is found, what is read for it, and what happens to the files meanwhile."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry import index as index_module
from telemetry.index import EventIndex
from telemetry.selection import Wanted
from telemetry.store import LineFile
from tests.telemetry.events import EVENTS_OF_A_CALL, PATIENCE_S, fill, line, write

pytestmark = pytest.mark.integration


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def known(path: Path) -> EventIndex:
    """An index that has read everything."""
    index = EventIndex(LineFile(path))
    assert index.read_all(PATIENCE_S)
    return index


def actions(answer: dict[str, Any]) -> list[str]:
    assert answer["count"] == len(answer["events"])
    return [event["action"] for event in answer["events"]]


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How much each read of an event file has brought."""
    sizes: list[int] = []
    real = os.pread

    def counting(descriptor: int, size: int, offset: int) -> bytes:
        data = real(descriptor, size, offset)
        sizes.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    yield sizes


def test_no_file_is_no_events(path: Path, tmp_path: Path) -> None:
    for store in (LineFile(path), LineFile(tmp_path / "no folder" / "events.jsonl")):
        index = EventIndex(store)
        assert index.recent(Wanted(), 10) == {"count": 0, "complete": True, "events": []}
        summary = index.summary(Wanted())
        assert (summary["event_count"], summary["components"], summary["slowest_events"]) == (0, {}, [])


def test_the_newest_comes_first_across_files(path: Path) -> None:
    write(path.with_name(f"{path.name}.1"), [line(action="a"), line(action="b")])
    write(path, [line(action="c"), line(action="d")])
    index = known(path)
    assert actions(index.recent(Wanted(), 3)) == ["d", "c", "b"]
    assert actions(index.recent(Wanted(), 100)) == ["d", "c", "b", "a"]


def test_conditions_come_before_the_limit(path: Path) -> None:
    write(path, [line("a", "rare", number=1), line("b", "rare"), *[line("a", "often")] * 500])
    index = known(path)
    [event] = index.recent(Wanted(component="a", action="rare"), 1)["events"]
    assert event["number"] == 1
    assert index.recent(Wanted(action="rare"), 10)["count"] == 2
    assert index.recent(Wanted(component="c"), 10)["count"] == 0


def test_events_of_a_task_and_of_a_call(path: Path) -> None:
    one, two = {"task_id": "t1", "session_id": "s1"}, {"task_id": "t1", "session_id": "s2"}
    write(
        path,
        [line(action="a", **one), line(action="b", **two), line(action="c", task_id="t2"), line(action="d")],
    )
    write(path, [line(action="e", session_id="s1"), line(action="f", **one)])
    index = known(path)
    assert actions(index.recent(Wanted(task_id="t1"), 10)) == ["f", "b", "a"]
    assert actions(index.recent(Wanted(session_id="s1"), 10)) == ["f", "e", "a"]
    assert actions(index.recent(Wanted(session_id="s1"), 2)) == ["f", "e"]
    assert actions(index.recent(Wanted(task_id="t1", session_id="s1", action="a"), 10)) == ["a"]
    assert index.summary(Wanted(task_id="t1"))["event_count"] == 3


def test_only_what_is_visible_is_told(path: Path) -> None:
    write(path, [line(action="a", task_id="t1"), line(action="b", task_id="t2", duration_ms=99.0)])
    write(path, [line(action="c", session_id="s1"), line(action="d")])
    index = known(path)
    mine = frozenset({"t1", "s1"})
    assert actions(index.recent(Wanted(visible=mine), 10)) == ["c", "a"]
    assert actions(index.recent(Wanted(visible=mine, task_id="t2"), 10)) == []
    summary = index.summary(Wanted(visible=mine))
    assert sorted(summary["actions"]) == ["a", "c"]
    assert [event["action"] for event in summary["slowest_events"]] == ["c", "a"]
    assert index.summary(Wanted(visible=frozenset()))["event_count"] == 0


def test_a_summary_tells_everything(path: Path) -> None:
    write(path, [line("a", "x", ms) for ms in (1.0, 2.0, 3.0, 10.0)])
    write(path, [line("b", "x", 5.0, ok=False, error="E"), line("b", "y", None, count=7)])
    summary = known(path).summary(Wanted())
    assert (summary["event_count"], summary["component_count"], summary["action_count"]) == (12, 2, 2)
    assert summary["components"]["a"] == {
        "count": 4,
        "ok": 4,
        "error": 0,
        "avg_ms": 4.0,
        "min_ms": 1.0,
        "max_ms": 10.0,
        "p50_ms": 2.5,  # numpy.percentile([1, 2, 3, 10], 50), and so on
        "p95_ms": 8.95,
        "p99_ms": 9.79,
    }
    assert summary["components"]["b"]["error"] == 1
    assert summary["actions"]["x"]["count"] == 5
    assert (summary["actions"]["y"]["count"], summary["actions"]["y"]["p50_ms"]) == (7, None)
    assert summary["durations_ms"]["count"] == 12
    assert [event["duration_ms"] for event in summary["slowest_events"]] == [10.0, 5.0, 3.0, 2.0, 1.0]


def test_conditions_by_id_and_by_kind_give_the_same_numbers(path: Path) -> None:
    tasks = fill(path, 4000)
    index = known(path)
    everything, visible = index.summary(Wanted()), index.summary(Wanted(visible=frozenset(tasks)))
    assert everything == visible
    assert everything["event_count"] == 4000
    assert len(everything["slowest_events"]) == 10


def test_what_is_no_event_is_passed_over(path: Path) -> None:
    unfinished = line(action="lost")[:40]
    write(
        path,
        [line(action="a"), unfinished, b"\n", b"[1]\n", b"\xff\n", b'{"component":1,"action":"x"}\n', b"\n"],
    )
    write(
        path, [b"x" * 50_000 + b"\n", line(action="b", duration_ms=float("nan")), line(action="c", count=-3)]
    )
    index = known(path)
    assert actions(index.recent(Wanted(), 10)) == ["c", "b", "a"]
    assert index.summary(Wanted())["event_count"] == 3


def test_a_line_that_is_being_written_is_told_when_it_is_whole(path: Path) -> None:
    whole = line(action="late")
    write(path, [line(action="a"), whole[:50]])
    index = known(path)
    assert actions(index.recent(Wanted(), 10)) == ["a"]
    write(path, [whole[50:]])
    assert index.read_all(PATIENCE_S)
    assert actions(index.recent(Wanted(), 10)) == ["late", "a"]


def test_rotation_keeps_what_is_known_and_forgets_what_is_gone(path: Path, bytes_read: list[int]) -> None:
    store = LineFile(path, max_bytes=3000, kept_files=2)
    index = EventIndex(store)
    for number in range(100):
        store.append(line(action=f"a{number}"))
        assert index.read_all(PATIENCE_S)
        files = [path, *(path.with_name(f"{path.name}.{n}") for n in (1, 2))]
        there = [
            json.loads(text) for file in files if file.exists() for text in file.read_text().splitlines()
        ]
        assert index.summary(Wanted())["event_count"] == len(there)
        assert actions(index.recent(Wanted(), 2))[0] == f"a{number}"
    assert len(there) < 100, "nothing was rotated away"


def test_a_file_that_was_emptied_is_read_anew(path: Path) -> None:
    write(path, [line(action="a")] * 10)
    index = known(path)
    os.truncate(path, 0)
    write(path, [line(action="b")])
    assert index.read_all(PATIENCE_S)
    assert actions(index.recent(Wanted(), 10)) == ["b"]


def test_files_that_are_gone_are_closed(path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("counts open files in /proc")
    index = known(path)
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        path.unlink(missing_ok=True)
        write(path, [line()])
        assert index.read_all(PATIENCE_S)
    assert len(list(descriptors.iterdir())) <= before + 1


def test_a_question_reads_what_is_new_and_what_it_answers(path: Path, bytes_read: list[int]) -> None:
    tasks = fill(path, 20_000)
    index = known(path)
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert sum(bytes_read) >= size, "everything was read once"
    bytes_read.clear()
    write(path, [line(action="new")])
    assert index.read_all(PATIENCE_S)
    assert index.recent(Wanted(), 1)["count"] == 1
    assert index.recent(Wanted(action="finish"), 5)["count"] == 5
    assert index.recent(Wanted(task_id=tasks[0]), 5)["count"] == 5
    assert index.summary(Wanted(task_id=tasks[0]))["event_count"] == EVENTS_OF_A_CALL
    assert index.summary(Wanted())["event_count"] == 20_001
    assert sum(bytes_read) < 20_000


def test_an_answer_does_not_wait_for_old_events_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = fill(path, 8000)
    monkeypatch.setattr(index_module, "PAUSE_S", 0.2)  # a reader that is slow for sure
    index = EventIndex(LineFile(path))
    started = time.monotonic()
    summary = index.summary(Wanted())
    recent = index.recent(Wanted(), 100)
    assert time.monotonic() - started < 3.0
    assert summary["complete"] is False
    assert summary["event_count"] < 8000
    assert (recent["complete"], recent["count"]) == (True, 100)
    assert recent["events"][0]["task_id"] == tasks[-1]
    monkeypatch.setattr(index_module, "PAUSE_S", 0.0)
    assert index.read_all(PATIENCE_S)
    assert index.recent(Wanted(), 100) == recent
    assert index.summary(Wanted())["event_count"] == 8000


def test_what_is_searched_for_in_vain_may_be_older(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, [line(action="old"), *[line()] * 5000])
    monkeypatch.setattr(index_module, "PAUSE_S", 0.2)
    monkeypatch.setattr(index_module, "SEARCH_S", 0.0)
    index = EventIndex(LineFile(path))
    answer = index.recent(Wanted(action="old"), 1)
    assert answer == {"count": 0, "complete": False, "events": []}
    monkeypatch.setattr(index_module, "PAUSE_S", 0.0)
    assert index.read_all(PATIENCE_S)
    assert index.recent(Wanted(action="old"), 1)["complete"] is True
