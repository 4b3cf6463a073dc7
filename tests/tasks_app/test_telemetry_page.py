"""The page of numbers: what it counts, for whom, and at what cost."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from tasks_app.models import Task
from telemetry import record
from telemetry.known import index
from telephony.brief import CallBrief
from telephony.models import Call
from tests.tasks_app.conftest import NUMBER, signed_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

PATIENCE_S = 20.0


@pytest.fixture
def events_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    record.flush(PATIENCE_S)
    settings.DATA_ROOT = tmp_path
    yield tmp_path / record.FILE_NAME
    record.flush(PATIENCE_S)


def called(owner: User, *, days_ago: float = 0.0, seconds: int | None = 60, **task: str) -> Call:
    """A task with a finished call; `seconds` None: nobody answered."""
    at = timezone.now() - dt.timedelta(days=days_ago)
    errand = Task.objects.create(
        owner=owner, target_phone=NUMBER, objective="Lower the bill", created_at=at, ended_at=at, **task
    )
    return Call.objects.create(
        task=errand,
        owner=owner,
        brief=CallBrief(objective="x").to_json(),
        to_number=NUMBER,
        state="busy" if seconds is None else "completed",
        ended_reason="busy" if seconds is None else "agent_ended",
        created_at=at,
        answered_at=None if seconds is None else at,
        ended_at=at,
        duration_seconds=seconds,
    )


def told(
    file: Path, call: Call | None, component: str, action: str, duration_ms: float, *, ok: bool = True
) -> None:
    event = {
        "timestamp": timezone.now().isoformat(timespec="milliseconds"),
        "component": component,
        "action": action,
        "ok": ok,
        "duration_ms": duration_ms,
        "task_id": None,
        "session_id": str(call.pk) if call else None,
        "error": None,
    }
    with file.open("a") as lines:
        lines.write(json.dumps(event) + "\n")
    assert index().read_all(PATIENCE_S)


def cards(page: str) -> dict[str, str]:
    """The cards' values by their titles."""
    return dict(re.findall(r"<h2>([^<]+)</h2>\s*<p class=\"value\">([^<]+)</p>", page))


def read(client: APIClient, **query: str) -> str:
    answer = client.get("/telemetry/", query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_strangers_are_sent_to_sign_in(client: APIClient) -> None:
    answer = client.get("/telemetry/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_without_calls_it_says_so_and_what_to_do(alice: User, events_file: Path) -> None:
    page = read(signed_in(alice))
    assert "No calls yet in these 7 days" in page
    assert "Look at 30 days" in page
    assert "<figure" not in page
    assert cards(page) == {
        "Calls": "0",
        "Answered": "–",
        "Achieved": "–",
        "Median call": "–",
        "Median answer": "–",
        "Errors": "0",
    }


def test_it_counts_calls_outcomes_durations_and_turns(alice: User, events_file: Path) -> None:
    first = called(alice, outcome="success", seconds=100)
    called(alice, outcome="failed", seconds=300)
    called(alice, seconds=None)
    for _ in range(3):
        called(alice, days_ago=8, outcome="success", seconds=50)
    told(events_file, first, "turn", "answer_latency", 800.0)
    told(events_file, first, "deepgram", "agent_connect", 120.0, ok=False)
    page = read(signed_in(alice))
    assert cards(page) == {
        "Calls": "3",
        "Answered": "67%",
        "Achieved": "50%",
        "Median call": "1:40",
        "Median answer": "794 ms",  # right to one percent
        "Errors": "1",
    }
    assert "as before" in page
    assert "▼ 50 points" in page
    assert "The line was busy" in page
    assert "<code>deepgram</code> agent_connect" in page
    assert page.count('role="img"') == 4
    assert page.count("As a table") == 4


def test_filters_are_the_address(alice: User, events_file: Path) -> None:
    mine = called(alice, task_type="bill_reduction")
    called(alice, task_type="custom", days_ago=3)
    told(events_file, mine, "audio", "finish", 30.0)
    told(events_file, mine, "deepgram", "agent_connect", 120.0)
    client = signed_in(alice)
    assert cards(read(client))["Calls"] == "2"
    assert cards(read(client, range="24h"))["Calls"] == "1"
    assert cards(read(client, task_type="custom"))["Calls"] == "1"
    of_a_part = read(client, component="audio", range="24h")
    assert "<code>audio</code> finish" in of_a_part
    assert "agent_connect" not in of_a_part
    assert "<option selected>audio</option>" in of_a_part
    assert "?range=7d&amp;component=audio" in of_a_part, "a range keeps the other filters"


def test_what_makes_no_sense_is_no_filter(alice: User, events_file: Path) -> None:
    called(alice)
    page = read(signed_in(alice), range="forever", task_type="'--", component="<script>alert(1)</script>")
    assert cards(page)["Calls"] == "1"
    assert "<script>alert" not in page


def test_everybody_sees_the_numbers_of_their_own_calls(
    alice: User, bob: User, root: User, events_file: Path
) -> None:
    told(events_file, called(alice), "turn", "answer_latency", 400.0)
    told(events_file, None, "http", "home", 5.0)
    assert cards(read(signed_in(bob)))["Calls"] == "0"
    assert "answer_latency" not in read(signed_in(bob))
    page = read(signed_in(alice))
    assert "answer_latency" in page
    assert "<code>http</code>" not in page
    page = read(signed_in(root))
    assert cards(page)["Calls"] == "1"
    assert "<code>http</code> home" in page


def test_many_calls_cost_as_many_queries_as_few(
    alice: User, events_file: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(alice)
    called(alice)
    with django_assert_num_queries(7):  # session, user, live, calls, durations, outcomes, whose timings
        read(client, range="30d")
    for day in range(30):
        called(alice, days_ago=day, outcome="success")
    with django_assert_num_queries(7):
        read(client, range="30d")
