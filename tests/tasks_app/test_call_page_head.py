"""The head of a call's page: what the call was, how long it took, and where one goes from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from telephony import services
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall, signed_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def head(alice: User, call: Call) -> str:
    answer = signed_in(alice).get(f"/calls/{call.pk}/parts/head/")
    assert answer.status_code == 200
    return str(answer.content, "utf-8")


@pytest.mark.parametrize(
    ("reason", "words"), [("busy", "Call again…"), ("geo_permission_denied", "Review the task")]
)
def test_an_ended_call_leads_back_to_its_task(
    alice: User, make_call: MakeCall, reason: str, words: str
) -> None:
    call = make_call()
    review = f"/tasks/{call.task_id}/review/"
    assert review not in head(alice, call)
    services.call_advance(call_id=call.pk, event=Event.FAIL, reason=reason)
    assert f'href="{review}">{words}</a>' in head(alice, call)


def test_its_length_is_the_one_that_the_list_shows(alice: User, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    assert call.answered_at is not None
    Call.objects.filter(pk=call.pk).update(
        duration_seconds=12, ended_at=call.answered_at + timedelta(seconds=11.4)
    )
    assert ">0:12</span>" in head(alice, call)
