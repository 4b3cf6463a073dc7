"""A task shows where its latest call is."""

from __future__ import annotations

import pytest
from django.db import transaction

from tasks_app.models import Task
from tasks_app.receivers import STATUS
from telephony import services
from telephony.lifecycle import Event, State
from tests.tasks_app.conftest import MakeCall, MakeTask

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_every_state_of_a_call_has_a_status() -> None:
    assert set(STATUS) == set(State)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "dialing"),
        ([Event.DIAL], "dialing"),
        ([Event.DIAL, Event.DIAL_UNCONFIRMED], "dialing"),
        ([Event.DIAL, Event.QUEUE], "dialing"),
        ([Event.RING], "dialing"),
        ([Event.ANSWER], "active"),
        ([Event.ANSWER, Event.END], "active"),
        ([Event.ANSWER, Event.END, Event.COMPLETE], "ended"),
        ([Event.CANCEL], "ended"),
        ([Event.BUSY], "failed"),
        ([Event.NO_ANSWER], "failed"),
        ([Event.DIAL, Event.FAIL], "failed"),
    ],
)
def test_its_status_follows(make_call: MakeCall, events: list[Event], status: str) -> None:
    call = make_call(*events)
    task = Task.objects.get(pk=call.task_id)
    assert task.status == status
    assert (task.ended_at is not None) == (not call.is_live)
    assert task.ended_at == call.ended_at


def test_its_duration_is_the_calls(make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, duration_seconds=42)
    assert Task.objects.get(pk=call.task_id).duration_seconds == 42


def test_another_call_begins_anew_and_what_was_achieved_stays(
    make_call: MakeCall, make_task: MakeTask
) -> None:
    task = make_task(outcome=Task.Outcome.PARTIAL)
    services.call_advance(
        call_id=make_call(Event.ANSWER, task=task).pk, event=Event.COMPLETE, duration_seconds=42
    )
    make_call(task=task)
    task.refresh_from_db()
    assert (task.status, task.ended_at, task.duration_seconds) == ("dialing", None, None)
    assert task.outcome == "partial"


def test_both_are_written_or_neither(make_call: MakeCall) -> None:
    call = make_call(Event.RING)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.call_advance(call_id=call.pk, event=Event.ANSWER)
        assert Task.objects.get(pk=call.task_id).status == "active"
        raise ZeroDivisionError
    assert Task.objects.get(pk=call.task_id).status == "dialing"
