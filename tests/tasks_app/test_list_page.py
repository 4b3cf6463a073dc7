"""The list of tasks: what the URL asks for, how often it asks the database, and its export."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tasks_app.models import Analysis, Task
from tasks_app.pages.export import harmless
from telephony.lifecycle import Event
from telephony.models import Call, Recording
from tests.tasks_app.conftest import MakeCall, MakeTask, signed_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

QUERIES = 6
"""Session, user, count, tasks, calls with their recordings, analyses."""


def objectives(client: Any, query: str = "") -> list[str]:
    """The errands on the page, from the top."""
    text = client.get(f"/tasks/{query}").content.decode()
    return re.findall(r'class="row-link"[^>]*>([^<]*)<', text)


def test_strangers_sign_in_first_and_see_only_their_own(
    client: Client, make_task: MakeTask, bob: User
) -> None:
    make_task(objective="of alice")
    assert client.get("/tasks/")["Location"] == "/sign-in/?next=/tasks/"
    assert objectives(signed_in(bob)) == []


def test_a_row_says_what_became_of_the_task(alice: User, make_call: MakeCall) -> None:
    call = make_call(Event.QUEUE, Event.RING, Event.BUSY)
    page = signed_in(alice).get("/tasks/").content.decode()
    for shown in (
        "Get the bill under $60",
        "Not reached",
        "The line was busy",
        "(212) 555-0134",
        ">US<",
        "UTC",
    ):
        assert shown in page
    assert f'href="/tasks/{call.task_id}/"' in page


def test_the_url_searches_filters_and_sorts(alice: User, make_task: MakeTask) -> None:
    make_task(objective="book a table", duration_seconds=5, status="ended", outcome="success")
    make_task(objective="cancel", duration_seconds=90, status="failed", task_type="bill_reduction")
    make_task(objective="old", created_at=timezone.now() - timedelta(days=9), target_phone="+13475550177")
    client = signed_in(alice)
    assert objectives(client) == ["cancel", "book a table", "old"]
    assert objectives(client, "?q=table") == ["book a table"]
    assert objectives(client, "?q=347-555") == ["old"]
    assert objectives(client, "?status=failed") == ["cancel"]
    assert objectives(client, "?status=dialing,active") == []
    assert objectives(client, "?outcome=success") == ["book a table"]
    assert objectives(client, "?task_type=bill_reduction") == ["cancel"]
    assert objectives(client, "?since=7d&ordering=created_at") == ["book a table", "cancel"]
    assert objectives(client, "?ordering=duration_seconds&status=ended,failed") == ["book a table", "cancel"]


def test_what_has_no_duration_comes_last_either_way(alice: User, make_task: MakeTask) -> None:
    for objective, seconds in (("none", None), ("short", 5), ("long", 90)):
        make_task(objective=objective, duration_seconds=seconds)
    client = signed_in(alice)
    assert objectives(client, "?ordering=duration_seconds") == ["short", "long", "none"]
    assert objectives(client, "?ordering=-duration_seconds") == ["long", "short", "none"]


def test_a_wrong_value_is_named_and_left_out(alice: User, make_task: MakeTask) -> None:
    make_task(objective="here")
    client = signed_in(alice)
    assert objectives(client, "?status=lost&page=x") == ["here"]
    refused = client.get("/tasks/?status=lost").content.decode()
    assert re.search("status: .* It is left out.", refused)
    assert "1 task</p>" in refused
    assert "1 task that matches" in client.get("/tasks/?q=here").content.decode()
    before_all_time = "?created_after=0001-01-01T00:00:00%2B14:00"
    assert objectives(client, before_all_time) == ["here"]
    assert client.get(f"/tasks/export.csv{before_all_time}").status_code == 200


def test_a_heading_turns_its_order_and_keeps_the_filters(alice: User, make_task: MakeTask) -> None:
    make_task()
    page = signed_in(alice).get("/tasks/?q=bill").content.decode()
    assert re.search(r'aria-sort="descending"><a href="\?q=bill&amp;ordering=created_at"', page)
    page = signed_in(alice).get("/tasks/?q=bill&ordering=created_at").content.decode()
    assert re.search(r'aria-sort="ascending"><a href="\?q=bill&amp;ordering=-created_at"', page)


def test_pages_keep_the_filters(alice: User, make_task: MakeTask) -> None:
    for number in range(51):
        make_task(objective=f"errand {number}")
    client = signed_in(alice)
    first = client.get("/tasks/?q=errand").content.decode()
    assert "1–50 of 51 tasks" in first
    assert 'href="?q=errand&amp;page=2"' in first
    assert objectives(client, "?q=errand&page=2") == ["errand 0"]


def test_an_empty_list_says_what_to_do_next(alice: User, make_task: MakeTask) -> None:
    client = signed_in(alice)
    assert "Write your first task" in client.get("/tasks/").content.decode()
    make_task()
    page = client.get("/tasks/?q=zebra").content.decode()
    assert "No tasks match" in page
    assert "Clear filters" in page


def test_the_page_that_asks_again_gets_only_what_changed(alice: User, make_task: MakeTask) -> None:
    task = make_task(status="active")
    client = signed_in(alice)
    found = re.search(r'hx-get="([^"]+)"\s+hx-trigger="every 3s"', client.get("/tasks/").content.decode())
    assert found
    again = found[1].replace("&amp;", "&")
    assert client.get(again, HTTP_HX_REQUEST="true").status_code == 204
    Task.objects.filter(pk=task.pk).update(status="ended")
    answer = client.get(again, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert 'hx-trigger="every 15s"' in text


def test_the_number_of_queries_does_not_grow(
    alice: User, make_task: MakeTask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(alice)
    for rows in (2, 40):
        for _ in range(rows):
            add_called_task(alice)
        with django_assert_num_queries(QUERIES):
            assert len(objectives(client)) >= rows


def add_called_task(owner: User) -> Task:
    """A task with two calls that cost something."""
    task = Task.objects.create(owner=owner, target_phone="+12125550134", objective="errand", status="ended")
    now = timezone.now()
    for _ in range(2):
        call = Call.objects.create(
            task=task,
            owner=owner,
            brief={},
            to_number=task.target_phone,
            state="completed",
            ended_reason="agent_ended",
            answered_at=now,
            clock_started_at=now,
            ended_at=now + timedelta(seconds=70),
            duration_seconds=70,
        )
        Recording.objects.create(call=call, state="finished", duration_ms=70_000)
        Analysis.objects.create(
            call=call, state="ready", provider="openai", model="gpt-5.4-mini", input_tokens=9
        )
    return task


async def exported(user: User, query: str = "") -> list[dict[str, str]]:
    """The rows of the export."""
    client = AsyncClient()
    await client.aforce_login(user)
    answer: Any = await client.get(f"/tasks/export.csv{query}")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join([part async for part in answer.streaming_content]).decode()
    assert body.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))


@pytest.mark.django_db(transaction=True)
async def test_the_export_names_its_zone_and_follows_the_filters(alice: User, make_task: MakeTask) -> None:
    moment = datetime.fromisoformat("2026-07-01T22:30:00+00:00")
    await Task.objects.acreate(
        owner=alice, target_phone="+12125550134", objective="=HYPERLINK(1)", created_at=moment
    )
    await Task.objects.acreate(owner=alice, target_phone="+12125550134", objective="other")
    (row,) = await exported(alice, "?q=HYPER&zone=Europe/Berlin&page=9")
    assert row["created_at (Europe/Berlin)"] == "2026-07-02 00:30:00"
    assert row["number"] == "+12125550134"
    assert row["objective"] == "'=HYPERLINK(1)"
    assert len(await exported(alice)) == 2


def test_an_unknown_zone_is_named(alice: User) -> None:
    for zone in ("Mars/Base", "../../etc/passwd", "\0"):
        answer = signed_in(alice).get("/tasks/export.csv", {"zone": zone})
        assert answer.status_code == 400
        assert b"zone" in answer.content


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("call = ask") == "call = ask"
