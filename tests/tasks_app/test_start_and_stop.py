"""Dialling once, refusing by name, and hanging up, against Twilio's REST API on loopback."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from tasks_app.models import Task
from telephony import disk_room, live, services
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import NUMBER, MakeCall, MakeTask, new_id
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

TRIES = 20


def start(api: APIClient, task: Task) -> Any:
    return api.post(f"/api/tasks/{task.pk}/call")


def test_it_dials_the_tasks_number_and_tells_the_session(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask
) -> None:
    task = make_task(walkaway_point="$75")
    answer = start(api, task)
    call = Call.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "message": "The call is being placed.", "session_id": str(call.pk)}
    assert [create["To"] for create in twilio.creates] == [NUMBER]
    assert (call.state, call.owner, call.simulated) == ("queued", task.owner, False)
    assert call.get_brief().walkaway_point == "$75"
    assert call.get_brief().on_behalf_of == "Alice Doe"
    assert api.get(f"/api/tasks/{task.pk}").json()["status"] == "dialing"


def test_it_says_when_the_call_is_simulated(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.SIMULATED = True
    task = make_task()
    assert "simulated" in start(api, task).json()["message"]
    assert api.get(f"/api/tasks/{task.pk}").json()["calls"][0]["simulated"] is True


def test_a_second_start_names_the_live_call(api: APIClient, twilio: TwilioRest, make_task: MakeTask) -> None:
    task = make_task()
    first = start(api, task).json()
    answer = start(api, task)
    assert (answer.status_code, answer.json()["code"]) == (409, "call_in_progress")
    assert answer.json()["session_id"] == first["session_id"]
    assert answer.json()["ok"] is False
    assert len(twilio.creates) == 1


def test_a_task_may_be_called_again_when_its_call_is_over(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask
) -> None:
    task = make_task()
    first = start(api, task).json()["session_id"]
    services.call_advance(call_id=Call.objects.get().pk, event=Event.BUSY)
    second = start(api, task)
    assert second.status_code == 200
    assert second.json()["session_id"] != first
    assert len(twilio.creates) == 2


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_place_one_call(api: APIClient, twilio: TwilioRest, make_task: MakeTask) -> None:
    for attempt in range(1, TRIES + 1):
        task = make_task()
        answers = together(2, lambda task=task: start(api, task))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len({answer.json()["session_id"] for answer in answers}) == 1
        services.call_advance(call_id=answers[0].json()["session_id"], event=Event.BUSY)
        assert len(twilio.creates) == attempt


def together(count: int, work: Any) -> list[Any]:
    """Run `work` in threads that begin at the same moment."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait(timeout=5)
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize(
    ("twilio_says", "status", "code"),
    [
        ((400, 21211), 422, "invalid_number"),
        ((400, 21219), 422, "trial_number_unverified"),
        ((403, 21215), 422, "geo_permission_denied"),
        ((429, 20429), 502, "carrier_rate_limited"),
    ],
)
def test_twilios_refusal_has_a_name_and_ends_the_call(
    api: APIClient,
    twilio: TwilioRest,
    make_task: MakeTask,
    twilio_says: tuple[int, int],
    status: int,
    code: str,
) -> None:
    task = make_task()
    twilio.refuse_with = twilio_says
    answer = start(api, task)
    assert (answer.status_code, answer.json()["code"], answer.json()["ok"]) == (status, code, False)
    body = api.get(f"/api/tasks/{task.pk}").json()
    assert body["status"] == "failed"
    assert body["calls"][0]["ended_reason"] == code
    assert body["calls"][0]["ended_detail"] == answer.json()["detail"]


def test_an_unclear_answer_is_said_and_never_dialled_twice(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask
) -> None:
    task = make_task()
    twilio.refuse_with = (500, 20500)
    answer = start(api, task)
    assert answer.status_code == 200
    assert "not confirmed" in answer.json()["message"]
    twilio.refuse_with = None
    assert start(api, task).json()["code"] == "call_in_progress"
    assert twilio.creates == []


def test_it_names_what_is_not_configured(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.DIAL_PROBLEMS = ["TWILIO_AUTH_TOKEN is not set."]
    answer = start(api, make_task())
    assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    assert "TWILIO_AUTH_TOKEN" in answer.json()["detail"]
    assert not Call.objects.exists()


def test_it_dials_nobody_whose_recording_has_no_room(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_room, "LEAST_FREE_BYTES", 1 << 60)
    answer = start(api, make_task())
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
    assert "MB left" in answer.json()["detail"]
    assert (twilio.creates, Call.objects.exists()) == ([], False)


def test_it_refuses_a_number_that_the_rules_forbid_by_now(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    settings.ALLOWED_COUNTRIES = ["DE"]
    answer = start(api, make_task())
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked.not_allowlisted")
    assert not Call.objects.exists()


def test_it_never_calls_itself(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, settings: Settings
) -> None:
    answer = start(api, make_task(target_phone=settings.TWILIO_PHONE_NUMBER))
    assert (answer.status_code, twilio.creates) == (422, [])


def test_a_server_that_is_about_to_stop_dials_nobody(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_draining", True)
    answer = start(api, make_task())
    assert (answer.status_code, answer.json()["code"]) == (503, "draining")
    assert int(answer["Retry-After"]) > 0


def test_an_idempotency_key_gives_the_first_answer_again(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask
) -> None:
    path, key = f"/api/tasks/{make_task().pk}/call", new_id()
    first = api.post(path, HTTP_IDEMPOTENCY_KEY=key)
    again = api.post(path, HTTP_IDEMPOTENCY_KEY=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(twilio.creates) == 1


# --- stopping ---------------------------------------------------------------------------------------------------


def stop(api: APIClient, task: Task) -> Any:
    answer = api.post(f"/api/tasks/{task.pk}/stop")
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    return answer.json()


def test_stopping_makes_the_line_dead(api: APIClient, twilio: TwilioRest, make_task: MakeTask) -> None:
    task = make_task()
    session_id = start(api, task).json()["session_id"]
    answer = stop(api, task)
    assert answer == {"ok": True, "message": "The call is being ended.", "session_id": session_id}
    assert [update["Status"] for update in twilio.updates] == ["canceled", "completed"]
    assert Call.objects.get().stop_requested_at is not None


def test_stopping_what_was_not_dialled_yet_cancels_it(
    api: APIClient, twilio: TwilioRest, make_call: MakeCall
) -> None:
    call = make_call()
    assert stop(api, call.task)["session_id"] == str(call.pk)
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == ("canceled", "canceled_before_dial")
    assert twilio.updates == []


def test_stopping_what_is_not_running_changes_nothing(
    api: APIClient, twilio: TwilioRest, make_task: MakeTask, make_call: MakeCall
) -> None:
    task = make_task()
    assert stop(api, task) == {"ok": True, "message": "No call is running.", "session_id": None}
    over = make_call(Event.BUSY, task=task)
    before = Call.objects.values().get(pk=over.pk)
    assert stop(api, task)["session_id"] == str(over.pk)
    assert Call.objects.values().get(pk=over.pk) == before
    assert twilio.updates == []
