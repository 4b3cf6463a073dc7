"""What the telemetry hears of calls, and what it must not hear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from telemetry import record
from telephony import measures, services
from telephony.brief import CallBrief
from telephony.events import EventType, NewEvent
from telephony.lifecycle import Event
from tests.telemetry.events import PATIENCE_S, lines_of

pytestmark = pytest.mark.integration

IDS = {"session_id": "s", "task_id": "t"}


@pytest.fixture
def events_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    record.flush(PATIENCE_S)
    settings.DATA_ROOT = tmp_path
    yield tmp_path / record.FILE_NAME
    record.flush(PATIENCE_S)


def tool_call(name: str, *, ok: bool) -> NewEvent:
    arguments = {"keys": "123456", "reason": "the PIN"}
    return NewEvent(EventType.TOOL_CALL, {"id": "1", "name": name, "arguments": arguments, "ok": ok})


def test_function_calls_are_told_by_name_alone(events_file: Path) -> None:
    measures.note(tool_call("press_keys", ok=True), IDS)
    measures.note(tool_call("press_keys", ok=False), IDS)
    measures.note(tool_call("transfer +12125550134", ok=False), IDS)
    measures.note(NewEvent(EventType.SPEECH, {"at_ms": 1}), IDS)
    found = [(line["component"], line["action"], line["ok"]) for line in lines_of(events_file)]
    assert found == [("tool", "press_keys", True), ("tool", "press_keys", False), ("tool", "unknown", False)]
    assert not {"123456", "PIN", "0134"} & set(events_file.read_text().replace('"', " ").split())


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_call_is_told_once_and_by_its_reason(events_file: Path) -> None:
    owner = User.objects.create_user("alice")
    task_id = _task_of(owner)
    call = services.call_reserve(
        task_id=task_id, owner_id=owner.pk, to_number="+12125550134", brief=CallBrief(objective="x")
    )
    for event in (Event.ANSWER, Event.COMPLETE, Event.COMPLETE):
        services.call_advance(call_id=call.pk, event=event, reason="agent_ended", duration_seconds=7)
    [line] = [line for line in lines_of(events_file) if line["action"] == "call_ended"]
    told = {name: line[name] for name in ("ended_reason", "state", "call_seconds", "session_id", "task_id")}
    assert told == {
        "ended_reason": "agent_ended",
        "state": "completed",
        "call_seconds": 7,
        "session_id": str(call.pk),
        "task_id": str(task_id),
    }
    assert "0134" not in events_file.read_text()


def _task_of(owner: User) -> Any:
    from tasks_app.models import Task

    return Task.objects.create(owner=owner, target_phone="+12125550134", objective="x").pk


def test_a_frame_costs_the_call_a_few_microseconds(events_file: Path, settings: Settings) -> None:
    costs_us = []
    for _ in range(5):
        started_s = time.perf_counter()
        for _ in range(2000):
            measures.frame("media_event", started_s, IDS)
        costs_us.append((time.perf_counter() - started_s) / 2000 * 1e6)
        assert record.flush(PATIENCE_S)
    assert min(costs_us) < 20  # about 1.5 on a machine with nothing else to do
    lines = [line for line in lines_of(events_file) if line["action"] == "media_event"]
    assert sum(line["count"] for line in lines) == 10_000
    assert max(line["count"] for line in lines) == settings.LOG_NOISY_EVENTS_EVERY_N
