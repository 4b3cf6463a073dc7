"""The two questions over HTTP: who may ask, what is refused and how, what is answered."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from tasks_app.models import Task
from telemetry.known import index
from telemetry.record import count, event, flush
from telephony import services
from telephony.brief import CallBrief
from tests.telemetry.conftest import with_key
from tests.telemetry.events import PATIENCE_S, fill

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

RECENT, SUMMARY = "/api/telemetry/recent", "/api/telemetry/summary"


@pytest.fixture
def api(root: User, events_file: Path) -> APIClient:
    """The superuser's program."""
    return with_key(root)


def ask(client: APIClient | Client, path: str, **query: Any) -> Any:
    """The answer once everything recorded so far is in it."""
    assert flush(PATIENCE_S)
    assert index().read_all(PATIENCE_S)
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def test_recent_events_have_all_columns(api: APIClient) -> None:
    event("audio", "save", duration_ms=1.5, session_id="s", task_id="t", bytes=320)
    answer = ask(api, RECENT, component="audio")
    assert (answer["count"], answer["complete"]) == (1, True)
    [found] = answer["events"]
    assert found.pop("timestamp").endswith("+00:00")
    assert found == {
        "component": "audio",
        "action": "save",
        "ok": True,
        "duration_ms": 1.5,
        "task_id": "t",
        "session_id": "s",
        "error": None,
        "bytes": 320,
    }


def test_the_limit_is_of_what_meets_the_conditions(api: APIClient) -> None:
    for number in range(150):
        event("a", "rare" if number < 5 else "often", number=number)
    assert [e["number"] for e in ask(api, RECENT, action="rare", limit=2)["events"]] == [4, 3]
    assert ask(api, RECENT, component="a")["count"] == 100
    assert ask(api, RECENT, component="a", limit=1000)["count"] == 150


def test_a_summary_has_every_member(api: APIClient) -> None:
    event("a", "x", duration_ms=1.0)
    event("a", "x", ok=False, duration_ms=3.0, error="E")
    count("a", "y", 5)
    answer = ask(api, SUMMARY, component="a")
    group = {
        "count": 2,
        "ok": 1,
        "error": 1,
        "avg_ms": 2.0,
        "min_ms": 1.0,
        "max_ms": 3.0,
        "p50_ms": 2.0,
        "p95_ms": 2.9,
        "p99_ms": 2.98,
    }
    assert answer["actions"]["x"] == group
    assert answer["components"]["a"] == answer["durations_ms"] == group | {"count": 7, "ok": 6}
    assert (answer["event_count"], answer["component_count"], answer["action_count"]) == (7, 1, 2)
    assert [found["duration_ms"] for found in answer["slowest_events"]] == [3.0, 1.0]
    assert answer["complete"] is True


@pytest.mark.parametrize("path", [RECENT, SUMMARY, "/metrics"])
def test_a_slash_at_the_end_is_accepted(api: APIClient, path: str) -> None:
    assert api.get(f"{path}/").status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (RECENT, {"limit": "0"}, "limit"),
        (RECENT, {"limit": "1001"}, "limit"),
        (RECENT, {"limit": "many"}, "limit"),
        (RECENT, {"task_id": "mine"}, "task_id"),
        (RECENT, {"session_id": "1"}, "session_id"),
        (SUMMARY, {"task_id": "../x"}, "task_id"),
        (SUMMARY, {"component": "x" * 101}, "component"),
        (SUMMARY, {"action": "a\x00b"}, "action"),
    ],
)
def test_a_wrong_parameter_is_named(api: APIClient, path: str, query: dict[str, str], field: str) -> None:
    response = api.get(path, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["code"], list(body["errors"])) == ("invalid", [field])


def test_an_empty_parameter_is_no_condition(api: APIClient) -> None:
    event("a", "x")
    assert ask(api, RECENT, component="", action="")["count"] >= 1


def test_ids_are_found_however_they_are_written(api: APIClient) -> None:
    task_id = uuid.uuid4()
    event("a", "x", task_id=task_id)
    event("a", "x", task_id=uuid.uuid4())
    for text in (str(task_id), task_id.hex, str(task_id).upper()):
        assert ask(api, RECENT, component="a", task_id=text)["count"] == 1


@pytest.mark.parametrize("path", [RECENT, SUMMARY, "/metrics"])
def test_strangers_are_refused(db: None, events_file: Path, path: str) -> None:
    assert APIClient().get(path).status_code == 401
    assert APIClient().get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_browsers_session_is_enough(root: User, events_file: Path, client: Client) -> None:
    event("a", "x")
    client.force_login(root)
    assert ask(client, RECENT, component="a")["count"] == 1


def test_everybody_sees_their_own_tasks_events_and_nobody_elses(
    alice: User, bob: User, root: User, events_file: Path
) -> None:
    task = Task.objects.create(owner=alice, target_phone="+12125550134", objective="x")
    call = services.call_reserve(
        task_id=task.pk, owner_id=alice.pk, to_number=task.target_phone, brief=CallBrief(objective="x")
    )
    event("a", "of_task", task_id=str(task.pk), duration_ms=1.0)
    event("a", "of_call", session_id=str(call.pk), duration_ms=2.0)
    event("a", "of_nobody", duration_ms=3.0)
    event("a", "of_another", task_id=str(uuid.uuid4()), duration_ms=4.0)
    seen = {
        user.username: sorted(e["action"] for e in ask(with_key(user), RECENT, component="a")["events"])
        for user in (alice, bob, root)
    }
    everything = ["of_another", "of_call", "of_nobody", "of_task"]
    assert seen == {"alice": ["of_call", "of_task"], "bob": [], "root": everything}
    summary = ask(with_key(alice), SUMMARY, component="a")
    assert (summary["event_count"], summary["durations_ms"]["max_ms"]) == (2, 2.0)
    assert ask(with_key(bob), SUMMARY, task_id=str(task.pk))["event_count"] == 0


def test_both_are_documented(api: APIClient) -> None:
    response = api.get("/api/schema", {"format": "json"})
    paths = (
        response.json()["paths"] if response["Content-Type"].endswith("json") else response.content.decode()
    )
    for path in (RECENT, SUMMARY):
        assert path in paths


def test_a_big_file_is_answered_about(api: APIClient, events_file: Path) -> None:
    tasks = fill(events_file, 8000)
    assert ask(api, SUMMARY, task_id=tasks[3])["event_count"] == 200
    assert ask(api, RECENT, limit=1000)["count"] == 1000
