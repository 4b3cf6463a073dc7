"""What is recorded arrives in the file; what cannot arrive is counted; nobody waits or fails for it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from telemetry import record, recorder
from telemetry.lines import Happened
from telemetry.record import about, count, event, flush, timed_step, totals
from telemetry.store import LineFile
from tests.telemetry.events import PATIENCE_S, lines_of

pytestmark = pytest.mark.integration


def test_an_event_becomes_a_line_with_all_columns(events_file: Path) -> None:
    before = datetime.now(UTC)
    event("recording", "finish", duration_ms=12.34567, session_id="s", task_id="t", bytes=320)
    [line] = lines_of(events_file)
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert 0 <= (at - before).total_seconds() + 0.001 < PATIENCE_S
    assert line == {
        "component": "recording",
        "action": "finish",
        "ok": True,
        "duration_ms": 12.346,
        "task_id": "t",
        "session_id": "s",
        "error": None,
        "bytes": 320,
    }


def test_the_file_is_the_owners_alone(events_file: Path) -> None:
    event("a", "b")
    lines_of(events_file)
    assert events_file.stat().st_mode & 0o077 == 0


def test_a_step_is_timed(events_file: Path) -> None:
    with timed_step("twilio", "create_call", session_id="s") as step:
        step.fields["status"] = "queued"
    [line] = lines_of(events_file)
    assert (line["ok"], line["error"], line["status"], line["session_id"]) == (True, None, "queued", "s")
    assert 0 <= line["duration_ms"] < 1000


def test_a_failing_step_names_the_error_and_never_quotes_it(events_file: Path) -> None:
    with pytest.raises(ValueError, match="2025550123"), timed_step("twilio", "create_call"):
        raise ValueError("no such number: 2025550123")
    [line] = lines_of(events_file)
    assert (line["ok"], line["error"]) == (False, "ValueError")
    assert "2025550123" not in events_file.read_text()


def test_a_step_may_fail_without_an_exception(events_file: Path) -> None:
    with timed_step("deepgram", "agent_connect") as step:
        step.ok = False
        step.error = "refused"
    [line] = lines_of(events_file)
    assert (line["ok"], line["error"]) == (False, "refused")


async def test_a_cancelled_step_is_recorded(events_file: Path) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        with timed_step("deepgram", "agent_connect"):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    await asyncio.wait([task])
    [line] = lines_of(events_file)
    assert (line["ok"], line["error"]) == (False, "CancelledError")


async def test_what_a_call_begins_is_about_the_call(events_file: Path) -> None:
    async def work() -> None:
        with timed_step("deepgram", "agent_connect"):
            await asyncio.sleep(0)

    with about(task_id="t", session_id="s"):
        task = asyncio.create_task(work())
    event("a", "outside")
    await task
    with about(task_id="t", session_id="s"):
        event("a", "named", session_id="other")
    ids = {line["action"]: (line["task_id"], line["session_id"]) for line in lines_of(events_file)}
    assert ids == {"outside": (None, None), "agent_connect": ("t", "s"), "named": ("t", "other")}


def test_counts_of_a_batch_are_one_line(events_file: Path) -> None:
    before = totals().get(("telephony", "bad_frame"), 0)
    for _ in range(500):
        count("telephony", "bad_frame")
    count("telephony", "bad_frame", 7)
    lines = lines_of(events_file)
    assert sum(line["count"] for line in lines) == 507
    assert len(lines) <= 3
    assert totals()["telephony", "bad_frame"] - before == 507


class Unspeakable:
    """An object whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "\ud800",
        "a\nb\x00",
        uuid.UUID(int=1),
        Path("x"),
        Unspeakable(),
        b"\xff",
        "x" * 100_000,
    ],
    ids=["nan", "inf", "surrogate", "line break", "uuid", "path", "unspeakable", "bytes", "long"],
)
def test_no_value_breaks_the_file(events_file: Path, value: object) -> None:
    event("a", "before")
    event("a", "strange", value=value, session_id="s")
    event("a", "after")
    lines = lines_of(events_file)
    assert [line["action"] for line in lines] == ["before", "strange", "after"]
    assert len(events_file.read_text()) < 10_000


def test_noisy_events_are_counted_always_and_written_sampled(events_file: Path) -> None:
    before = totals().get(("media", "media_event"), 0)
    for i in range(1, 241):
        event("media", "media_event", duration_ms=float(i), session_id="one")
    for _ in range(50):
        event("media", "media_event", duration_ms=5.0, session_id="two")
    lines = lines_of(events_file)
    assert [(x["session_id"], x["count"], x["duration_ms"], x["max_ms"]) for x in lines] == [
        ("one", 120, 60.5, 120.0),
        ("one", 120, 180.5, 240.0),
        ("two", 50, 5.0, 5.0),
    ]
    assert totals()["media", "media_event"] - before == 290


def test_a_failing_noisy_event_has_a_line_of_its_own(events_file: Path) -> None:
    event("media", "save_audio_chunk", ok=False, error="OSError")
    event("media", "save_audio_chunk", session_id="s")
    lines = lines_of(events_file)
    assert [(line["ok"], line.get("count")) for line in lines] == [(False, None), (True, 1)]


def test_zero_suppresses_noisy_events_that_went_well(events_file: Path, settings: Settings) -> None:
    settings.LOG_NOISY_EVENTS_EVERY_N = 0
    before = totals().get(("media", "media_event"), 0)
    for _ in range(10):
        event("media", "media_event")
    event("media", "media_event", ok=False)
    assert [line["ok"] for line in lines_of(events_file)] == [False]
    assert totals()["media", "media_event"] - before == 11


def test_a_full_disk_drops_and_counts_and_recovers(events_file: Path) -> None:
    events_file.symlink_to("/dev/full")
    for _ in range(5):
        event("a", "lost")
    assert flush(PATIENCE_S)
    events_file.unlink()
    event("a", "kept")
    lines = lines_of(events_file)
    assert [(x["action"], x.get("count")) for x in lines] == [("kept", None), ("dropped", 5)]
    assert not lines[1]["ok"]


def test_a_folder_that_is_gone_drops_and_counts(events_file: Path, settings: Settings) -> None:
    settings.DATA_ROOT = events_file.parent / "gone"
    event("a", "lost")
    assert flush(PATIENCE_S)
    settings.DATA_ROOT = events_file.parent
    event("a", "kept")
    assert [line["action"] for line in lines_of(events_file)] == ["kept", "dropped"]


def test_a_full_queue_drops_what_is_new(events_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_QUEUED", 10)
    for number in range(100):
        event("a", "b", number=number)
    lines = lines_of(events_file)
    kept = [line["number"] for line in lines if line["action"] == "b"]
    dropped = sum(line["count"] for line in lines if line["action"] == "dropped")
    assert kept[:5] == [0, 1, 2, 3, 4]
    assert len(kept) < 100
    assert len(kept) + dropped == 100


def test_flushing_nothing_is_done_at_once(events_file: Path) -> None:
    assert flush(PATIENCE_S)
    started = time.monotonic()
    assert flush(PATIENCE_S)
    assert time.monotonic() - started < 3.0


def _in_a_child(number: int) -> None:
    event("child", "forked", number=number)
    raise SystemExit(0 if flush(PATIENCE_S) else 1)


def test_a_forked_child_writes_its_own_events_and_only_those(events_file: Path) -> None:
    event("parent", "before")
    child = multiprocessing.get_context("fork").Process(target=_in_a_child, args=(1,))
    child.start()
    child.join(PATIENCE_S)
    assert child.exitcode == 0
    event("parent", "after")
    written = sorted((line["component"], line["action"]) for line in lines_of(events_file))
    assert written == [("child", "forked"), ("parent", "after"), ("parent", "before")]


def _writes_much(path: Path, writer: int) -> None:
    own = recorder.Recorder(store=lambda: LineFile(path, max_bytes=40_000, kept_files=9), every_n=lambda: 120)
    for number in range(500):
        own.put(Happened(time.time(), "writer", str(writer), True, None, {"number": number}))
        if number % 10 == 0:
            own.flush(PATIENCE_S)
    own.flush(PATIENCE_S)


def test_two_processes_write_together_and_rotate_once(tmp_path: Path) -> None:
    path = tmp_path / record.FILE_NAME
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_writes_much, args=(path, writer)) for writer in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE_S)
        assert writer.exitcode == 0
    files = sorted(file for file in tmp_path.iterdir() if file.suffix != ".lock")
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert sorted((line["action"], line["number"]) for line in lines) == sorted(
        (writer, number) for writer in ("1", "2") for number in range(500)
    )
    assert len(files) > 2
    full = [file.stat().st_size for file in files if file != path]
    assert min(full) >= 40_000, "a file was rotated before it was full"


def test_an_event_costs_a_few_microseconds(events_file: Path) -> None:
    costs_us = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(5000):
            event("a", "b", duration_ms=1.0, session_id="s")
        costs_us.append((time.perf_counter() - started) / 5000 * 1e6)
        assert flush(PATIENCE_S)
    assert min(costs_us) < 20  # about 1 on a machine with nothing else to do
