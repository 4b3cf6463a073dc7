"""How many calls may be live, and how many a person may place: also when all of them start together."""

from __future__ import annotations

import datetime as dt
import html
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.test import APIClient

from tasks_app.models import Task
from telephony import services
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall, MakeTask, signed_in, with_key
from tests.tasks_app.test_start_and_stop import start, together
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NUMBERS = [f"+121255501{n:02}" for n in range(30, 60)]


def refused(answer: Any, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "30"
    assert answer.json()["ok"] is False


@pytest.mark.django_db(transaction=True)
def test_of_fifteen_starts_at_once_five_are_dialled(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.MAX_LIVE_CALLS = 5
    tasks = iter([make_task(target_phone=number) for number in NUMBERS[:15]])
    answers = together(15, lambda: start(api, next(tasks)))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 10}
    assert len(twilio.creates) == Call.objects.count() == 5
    refused(next(answer for answer in answers if answer.status_code == 429), "blocked.too_many_calls")


@pytest.mark.django_db(transaction=True)
def test_one_telephone_is_called_twice_at_once_and_no_more(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask
) -> None:
    tasks = iter([make_task() for _ in range(8)])
    answers = together(8, lambda: start(api, next(tasks)))
    assert Counter(answer.status_code for answer in answers) == {200: 2, 429: 6}
    refused(next(answer for answer in answers if answer.status_code == 429), "blocked.too_many_calls")
    services.call_advance(call_id=Call.objects.all()[0].pk, event=Event.BUSY)
    assert start(api, Task.objects.filter(calls=None)[0]).status_code == 200


def test_a_simulated_callee_minds_no_number_of_calls(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.SIMULATED = True
    assert [start(api, make_task()).status_code for _ in range(4)] == [200] * 4


def test_a_days_calls_are_counted_by_person(
    api: APIClient,
    bob: User,
    twilio: TwilioRest,
    make_task: MakeTask,
    make_call: MakeCall,
    settings: Settings,
) -> None:
    settings.MAX_CALLS_PER_DAY = 3
    calls = [make_call(Event.BUSY) for _ in range(3)]
    refused(start(api, make_task()), "blocked.daily_cap")
    assert start(with_key(bob), make_task(owner=bob)).status_code == 200
    yesterday = calls[0].created_at - dt.timedelta(hours=24)
    Call.objects.filter(pk=calls[0].pk).update(created_at=yesterday)
    assert start(api, make_task()).status_code == 200


def test_simulated_calls_do_not_count_towards_the_day(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.MAX_CALLS_PER_DAY = 1
    settings.SIMULATED = True
    assert [start(api, make_task()).status_code for _ in range(3)] == [200] * 3
    settings.SIMULATED = False
    assert start(api, make_task(target_phone=NUMBERS[0])).status_code == 200
    refused(start(api, make_task(target_phone=NUMBERS[1])), "blocked.daily_cap")


def test_a_second_start_is_not_a_call_too_many(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.MAX_LIVE_CALLS = 1
    task = make_task()
    first = start(api, task).json()
    answer = start(api, task)
    assert (answer.status_code, answer.json()["session_id"]) == (409, first["session_id"])


def test_a_refusal_by_a_limit_is_not_repeated_from_memory(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, make_call: MakeCall, settings: Settings
) -> None:
    settings.MAX_LIVE_CALLS = 1
    other, task = make_call(), make_task()
    once = {"Idempotency-Key": "once"}
    refused(api.post(f"/api/tasks/{task.pk}/call", headers=once), "blocked.too_many_calls")
    services.call_advance(call_id=other.pk, event=Event.CANCEL)
    assert api.post(f"/api/tasks/{task.pk}/call", headers=once).status_code == 200


def test_the_review_tells_before_anybody_dials(
    alice: User, make_task: MakeTask, make_call: MakeCall, settings: Settings
) -> None:
    settings.DIAL_PROBLEMS = []
    settings.MAX_LIVE_CALLS = 1
    make_call()
    page = html.unescape(signed_in(alice).get(f"/tasks/{make_task().pk}/review/").content.decode())
    assert 'At most 1 calls live at once<span class="visually-hidden">: failed' in page
    assert "raise MAX_LIVE_CALLS" in page
    assert 'calls within 24 hours<span class="visually-hidden">: passed' in page
    assert "disabled" in page
