"""The review before dialling: what it tells, what it keeps, and what Call now does."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import User
from django.utils.html import escape
from pytest_django import Settings

from tasks_app.models import Task
from telephony import disk_room
from telephony.lifecycle import Event
from telephony.models import Call
from telephony.policy import CHECK_NAMES
from tests.tasks_app.conftest import MakeCall, MakeTask, signed_in
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def review(user: User, task: Task) -> str:
    """The page's text."""
    answer = signed_in(user).get(f"/tasks/{task.pk}/review/")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_it_tells_what_is_said_and_keeps_the_limit(alice: User, make_task: MakeTask) -> None:
    task = make_task(task_type="bill_reduction", walkaway_point="$75, ocelot", context="Six years a customer")
    page = review(alice, task)
    assert (
        "Hello, I'm an AI assistant calling on behalf of Alice Doe. I have a question about a bill." in page
    )
    assert "Context: Six years a customer" in page  # in the prompt
    assert "Walk-away point (private): [your limit stands here" in page
    assert "ocelot" not in page


def test_every_check_is_named_with_its_result(alice: User, make_task: MakeTask, settings: Settings) -> None:
    settings.DIAL_PROBLEMS = []
    page = review(alice, make_task())
    for name in CHECK_NAMES:
        assert f'{name}<span class="visually-hidden">: passed' in page
    assert "disabled" not in page

    settings.DIAL_PROBLEMS = ["TWILIO_PHONE_NUMBER is not set."]
    page = review(alice, make_task(target_phone="+493012345678"))
    assert f'{CHECK_NAMES[-1]}<span class="visually-hidden">: failed' in page
    assert "TWILIO_PHONE_NUMBER is not set." in page
    assert "disabled" in page


def test_a_disk_without_room_for_the_recording_is_said_before_dialling(
    alice: User, make_task: MakeTask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DIAL_PROBLEMS = []
    monkeypatch.setattr(disk_room, "LEAST_FREE_BYTES", 1 << 60)
    page = review(alice, make_task())
    assert 'The recording has room<span class="visually-hidden">: failed' in page
    assert "disabled" in page


def test_the_cost_of_a_minute_says_what_is_not_known(
    alice: User, make_task: MakeTask, settings: Settings
) -> None:
    settings.PRICES = {}
    assert "$0.00 + unknown" in review(alice, make_task())


def test_call_now_dials_and_shows_the_call(alice: User, make_task: MakeTask, twilio: TwilioRest) -> None:
    task = make_task()
    answer = signed_in(alice).post(f"/tasks/{task.pk}/call/")
    call = Call.objects.get()
    assert answer["Location"] == f"/calls/{call.pk}/"
    again = signed_in(alice).post(f"/tasks/{task.pk}/call/")
    assert again["Location"] == f"/calls/{call.pk}/"
    assert Call.objects.count() == 1
    assert signed_in(alice).get(f"/tasks/{task.pk}/")["Location"] == f"/calls/{call.pk}/"


def test_a_refusal_is_said_on_the_review(alice: User, make_task: MakeTask, settings: Settings) -> None:
    settings.DIAL_PROBLEMS = ["TWILIO_PHONE_NUMBER is not set."]
    task = make_task()
    client = signed_in(alice)
    answer = client.post(f"/tasks/{task.pk}/call/", follow=True)
    assert escape("Nothing was dialled. TWILIO_PHONE_NUMBER is not set.") in answer.content.decode()
    assert not Call.objects.exists()
    assert client.get(f"/tasks/{task.pk}/")["Location"] == f"/tasks/{task.pk}/review/"


def test_a_stranger_sees_and_dials_nothing(bob: User, make_task: MakeTask) -> None:
    task = make_task()
    client = signed_in(bob)
    assert client.get(f"/tasks/{task.pk}/").status_code == 404
    assert client.get(f"/tasks/{task.pk}/review/").status_code == 404
    assert client.post(f"/tasks/{task.pk}/call/").status_code == 404


def test_a_task_that_was_called_shows_its_calls_and_cannot_be_edited(
    alice: User, make_call: MakeCall
) -> None:
    call = make_call(Event.QUEUE, Event.NO_ANSWER)
    page = review(alice, Task.objects.get())
    assert f"/calls/{call.pk}/" in page
    assert "Nobody answered" in page
    assert ">Edit<" not in page
