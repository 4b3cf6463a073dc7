"""Writing tasks and finding them again."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tasks_app.models import Task
from telephony.lifecycle import Event
from tests.tasks_app.conftest import NUMBER, MakeCall, MakeTask

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

ERRAND = {"target_phone": "(212) 555-0134", "objective": "Get my internet bill under $60."}


def errors_of(answer: Any) -> dict[str, list[str]]:
    """The codes by field, of an answer that must be a problem."""
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "invalid"
    for errors in body["errors"].values():
        assert all(error["message"] for error in errors)
    return {field: [error["code"] for error in errors] for field, errors in body["errors"].items()}


# --- creating ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks/"])
def test_it_writes_a_task_with_what_is_missing_by_default(api: APIClient, path: str) -> None:
    answer = api.post(path, ERRAND, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert answer["Location"] == f"/api/tasks/{body['id']}"
    assert body | {"id": "", "created_at": ""} == {
        "id": "",
        "task_type": "custom",
        "target_phone": NUMBER,
        "objective": ERRAND["objective"],
        "context": "",
        "target_outcome": "",
        "has_walkaway_point": False,
        "agent_persona": "",
        "opening_line": "",
        "style": "collaborative",
        "status": "pending",
        "outcome": "unknown",
        "duration_seconds": None,
        "created_at": "",
        "ended_at": None,
        "cost": {
            "currency": "USD",
            "total": 0.0,
            "at_list_price": 0.0,
            "complete": True,
            "unknown": [],
            "simulated": False,
        },
    }
    assert api.get(answer["Location"]).json() == body | {"calls": []}


@pytest.mark.parametrize(
    "typed",
    ["212-555-0134", "+1 212 555 0134", "1 (212) 555.0134", "tel:+12125550134", "  2125550134 ", 2125550134],
)
def test_it_takes_numbers_as_people_type_them(api: APIClient, typed: Any) -> None:
    answer = api.post("/api/tasks", ERRAND | {"target_phone": typed}, format="json")
    assert answer.json()["target_phone"] == NUMBER


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "blank"),
        ("   ", "blank"),
        (None, "null"),
        ([], "invalid"),
        (True, "invalid"),
        ("hello", "invalid_number"),
        ("12", "blocked.premium_or_emergency"),
        ("911", "blocked.premium_or_emergency"),
        ("+1 900 555 0134", "blocked.premium_or_emergency"),
        ("212 555 0134 ext. 5", "invalid_number"),
        ("2125550134,2125550135", "invalid_number"),
        ("+44 20 7946 0018", "blocked.not_allowlisted"),
        ("212\x00555 0134", "control_character"),
        ("2" * 1000, "invalid_number"),
    ],
)
def test_it_refuses_what_cannot_be_dialled_by_field(api: APIClient, typed: Any, code: str) -> None:
    answer = api.post("/api/tasks", ERRAND | {"target_phone": typed}, format="json")
    assert errors_of(answer) == {"target_phone": [code]}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"objective": " \n "}, {"objective": ["blank"]}),
        ({"objective": "x" * 2001}, {"objective": ["max_length"]}),
        ({"context": "x" * 10001}, {"context": ["max_length"]}),
        ({"objective": "a\x00b"}, {"objective": ["control_character"]}),
        ({"context": "a\x1bb"}, {"context": ["control_character"]}),
        ({"objective": 60}, {"objective": ["invalid"]}),
        ({"style": "rude"}, {"style": ["invalid_choice"]}),
        ({"task_type": "crime"}, {"task_type": ["invalid_choice"]}),
        ({"opening_line": "I am Bob, not a robot."}, {"opening_line": ["claims_human"]}),
        ({"walkaway": "$75"}, {"walkaway": ["unknown_field"]}),
        ({"style": "rude", "objective": ""}, {"style": ["invalid_choice"], "objective": ["blank"]}),
    ],
)
def test_it_refuses_other_fields_by_name_and_all_at_once(
    api: APIClient, fields: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    assert errors_of(api.post("/api/tasks", ERRAND | fields, format="json")) == expected


def test_what_the_server_sets_is_ignored_so_that_a_task_can_be_sent_again(api: APIClient) -> None:
    first = api.post("/api/tasks", ERRAND, format="json").json()
    copy = api.post("/api/tasks", first | {"status": "ended"}, format="json").json()
    assert copy["id"] != first["id"]
    assert copy["status"] == "pending"


def test_text_keeps_its_line_breaks(api: APIClient) -> None:
    answer = api.post("/api/tasks", ERRAND | {"context": "one\ntwo\tthree"}, format="json")
    assert answer.json()["context"] == "one\ntwo\tthree"


# --- listing ----------------------------------------------------------------------------------------------------


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [task["id"] for task in answer.json()]


def links(answer: Any) -> dict[str, str]:
    """The `Link` header (RFC 8288) by relation."""
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer["Link"])}


@pytest.fixture
def tasks(make_task: MakeTask) -> list[Task]:
    """Five, newest first, a day apart."""
    rows: list[dict[str, Any]] = [
        {"status": "pending", "objective": "Lower the electricity bill"},
        {"status": "active", "task_type": "bill_reduction", "context": "Electricity is dear"},
        {"status": "dialing", "outcome": "unknown"},
        {"status": "ended", "outcome": "success", "duration_seconds": 90, "target_phone": "+13105550199"},
        {"status": "ended", "outcome": "partial", "duration_seconds": 30, "walkaway_point": "electricity"},
    ]
    newest = timezone.now().replace(year=2026, month=5, day=20, hour=12)
    return [make_task(created_at=newest - dt.timedelta(days=age), **row) for age, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("status=ended", [3, 4]),
        ("status=active,dialing", [1, 2]),
        ("outcome=success", [3]),
        ("task_type=bill_reduction", [1]),
        ("created_after=2026-05-19T00:00:00Z", [0, 1]),
        ("created_before=2026-05-17T00:00:00%2B00:00", [4]),
        ("created_after=2026-05-17&created_before=2026-05-19", [2, 3]),
        ("q=electricity", [0, 1]),
        ("q=(310) 555", [3]),
        ("q=%2B1 310-555.01", [3]),
        ("q=no such words 555", []),
        ("ordering=created_at", [4, 3, 2, 1, 0]),
        ("ordering=-duration_seconds&status=ended", [3, 4]),
        ("status=ended&outcome=partial", [4]),
        ("page=2&page_size=2", [2, 3]),
        ("page=9", []),
    ],
)
def test_it_narrows_sorts_and_pages(api: APIClient, tasks: list[Task], query: str, rows: list[int]) -> None:
    assert ids(api.get(f"/api/tasks?{query}")) == [str(tasks[row].pk) for row in rows]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=sleeping", "status"),
        ("outcome=success,nonsense", "outcome"),
        ("created_after=yesterday", "created_after"),
        ("created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("created_before=9999-12-31T23:59:59-14:00", "created_before"),
        ("ordering=objective", "ordering"),
        ("ordering=walkaway_point", "ordering"),
        ("page=0", "page"),
        ("page=two", "page"),
        ("page=99999999999999999999", "page"),
        ("page_size=201", "page_size"),
        ("page_size=-1", "page_size"),
        ("q=%00", "q"),
    ],
)
def test_it_refuses_a_query_by_its_parameter(api: APIClient, query: str, field: str) -> None:
    assert list(errors_of(api.get(f"/api/tasks?{query}"))) == [field]


def test_pages_are_linked_relative_to_the_request_with_its_filters(api: APIClient, tasks: list[Task]) -> None:
    answer = api.get("/api/tasks?ordering=created_at&page_size=2&page=2", HTTP_HOST="localhost")
    assert answer["X-Total-Count"] == "5"
    assert links(answer) == {
        rel: f"/api/tasks?ordering=created_at&page_size=2&page={page}"
        for rel, page in (("first", 1), ("prev", 1), ("next", 3), ("last", 3))
    }


def test_following_next_shows_each_task_once(api: APIClient, tasks: list[Task]) -> None:
    seen, url = [], "/api/tasks?ordering=status&page_size=2"
    while url:
        answer = api.get(url)
        seen += ids(answer)
        url = links(answer).get("next", "")
    assert sorted(seen) == sorted(str(task.pk) for task in tasks)


def test_the_list_costs_the_same_for_one_row_and_for_many(
    api: APIClient, make_task: MakeTask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.get("/api/tasks")  # notes the key's use, once a minute
    make_task()
    with django_assert_num_queries(4):  # the key, the count, the rows, their calls
        assert len(api.get("/api/tasks").json()) == 1
    for _ in range(20):
        make_task()
    with django_assert_num_queries(4):
        assert len(api.get("/api/tasks").json()) == 21


def test_a_task_with_many_calls_costs_as_much_as_with_one(
    api: APIClient, make_call: MakeCall, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    task = make_call(Event.BUSY).task
    api.get(f"/api/tasks/{task.pk}")
    with django_assert_num_queries(4):  # the key, the task, its calls, their verdicts' tokens
        api.get(f"/api/tasks/{task.pk}")
    for _ in range(4):
        make_call(Event.NO_ANSWER, task=task)
    with django_assert_num_queries(4):
        calls = api.get(f"/api/tasks/{task.pk}").json()["calls"]
    assert [call["state"] for call in calls] == ["no_answer"] * 4 + ["busy"]
    assert calls[0]["ended_reason"] == "no_answer"
    assert calls[0]["ended_detail"]
    assert calls[0]["recording_state"] is None


def test_an_id_in_capitals_is_the_same_id(api: APIClient, make_task: MakeTask) -> None:
    task = make_task()
    assert api.get(f"/api/tasks/{str(task.pk).upper()}").json()["id"] == str(task.pk)
    assert api.get(f"/api/tasks/{str(task.pk)[:-1]}g").status_code == 404
