"""The verdict over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks_app.analysis import Verdict, not_reached
from tasks_app.models import Analysis
from telephony import services
from telephony.lifecycle import Event
from telephony.models import Call, Recording
from tests.tasks_app.conftest import MakeCall, MakeTask, new_id, record, with_key

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

CONTRACT = {
    *("summary", "outcome", "outcome_reasoning", "concessions", "tactics", "tactics_used", "score"),
    *("score_reasoning", "rapport_quality", "key_moments", "improvement_suggestions", "details"),
    *("evidence", "provider", "model", "state", "created_at", "session_id"),
}


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    """A finished call with its recording, and nothing judged yet."""
    call = make_call(Event.ANSWER)
    record(call)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE)
    return call


def analysis(call: Call, state: Analysis.State = Analysis.State.READY, **fields: Any) -> Analysis:
    """An analysis of the call; a verdict where it is ready."""
    if state == Analysis.State.READY:
        verdict = Verdict(summary="Done.", outcome="success", outcome_reasoning="They said so.", score=90)
        fields = {"verdict": verdict.model_dump(), "provider": "openai", "model": "gpt"} | fields
    return Analysis.objects.create(call=call, state=state, **fields)


def test_a_verdict_has_what_was_promised(api: APIClient, call: Call) -> None:
    analysis(call, raw_answer="raw")
    answer = api.get(f"/api/tasks/{call.task_id}/analysis")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == CONTRACT
    assert (body["state"], body["session_id"], body["outcome"]) == ("ready", str(call.pk), "success")
    assert (body["provider"], body["model"], body["score"]) == ("openai", "gpt", 90)


@pytest.mark.parametrize("state", [Analysis.State.PENDING, Analysis.State.RUNNING])
def test_while_it_is_made_it_says_so(api: APIClient, call: Call, state: Analysis.State) -> None:
    analysis(call, Analysis.State.READY)
    analysis(call, state)
    answer = api.get(f"/api/tasks/{call.task_id}/analysis/")
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert answer.json() == {
        "session_id": str(call.pk),
        "state": state,
        "message": "The verdict is being made.",
    }


def test_while_the_call_lasts_too(api: APIClient, live: Call) -> None:
    answer = api.get(f"/api/tasks/{live.task_id}/analysis")
    assert (answer.status_code, answer.json()["message"]) == (202, "The call is not over yet.")


def test_a_failure_has_its_reason(api: APIClient, call: Call) -> None:
    analysis(call, Analysis.State.FAILED, failure="OpenAI cannot be reached.")
    answer = api.get(f"/api/tasks/{call.task_id}/analysis")
    assert answer.status_code == 424
    body = answer.json()
    assert (body["code"], body["session_id"]) == ("analysis_failed", str(call.pk))
    assert "OpenAI cannot be reached." in body["detail"]


def test_a_verdict_outlives_a_later_failure(api: APIClient, call: Call) -> None:
    analysis(call)
    analysis(call, Analysis.State.FAILED, failure="x")
    assert api.get(f"/api/tasks/{call.task_id}/analysis").status_code == 200


def test_why_there_is_none(api: APIClient, make_task: MakeTask, call: Call) -> None:
    path = f"/api/tasks/{make_task().pk}/analysis"
    for ask in (api.get, api.post):
        assert (ask(path).status_code, ask(path).json()["code"]) == (404, "no_call")
    other = f"/api/tasks/{call.task_id}/analysis?session_id="
    assert api.get(other + new_id()).json()["code"] == "not_found"
    assert list(api.get(other + "x").json()["errors"]) == ["session_id"]


def test_a_call_that_was_not_answered_has_one(api: APIClient, make_call: MakeCall) -> None:
    call = make_call(Event.BUSY)
    body = api.get(f"/api/tasks/{call.task_id}/analysis").json()
    assert (body["outcome"], body["score"], body["provider"]) == ("unknown", None, "not_reached")


def test_the_latest_answered_call_is_meant_or_the_one_that_is_named(
    api: APIClient, call: Call, make_call: MakeCall
) -> None:
    analysis(call)
    busy = make_call(Event.BUSY, task=call.task)
    path = f"/api/tasks/{call.task_id}/analysis"
    assert api.get(path).json()["session_id"] == str(call.pk)
    assert api.get(f"{path}?session_id={busy.pk}").json()["provider"] == "not_reached"


def test_it_is_made_again_on_request_once_at_a_time(api: APIClient, call: Call) -> None:
    analysis(call)
    for _ in range(2):
        answer = api.post(f"/api/tasks/{call.task_id}/analysis")
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert sorted(call.analyses.values_list("state", flat=True)) == ["pending", "ready"]
    assert api.get(f"/api/tasks/{call.task_id}/analysis").status_code == 202


def test_a_call_that_is_still_recorded_will_be_judged_anyway(api: APIClient, live: Call) -> None:
    assert api.post(f"/api/tasks/{live.task_id}/analysis").status_code == 202
    services.call_advance(call_id=live.pk, event=Event.COMPLETE)
    assert Recording.objects.get(call=live).state == Recording.State.RECORDING
    assert api.post(f"/api/tasks/{live.task_id}/analysis").status_code == 202
    assert not live.analyses.exists()


def test_strangers_cannot_have_it_made(call: Call, bob: User) -> None:
    assert with_key(bob).post(f"/api/tasks/{call.task_id}/analysis").status_code == 404
    assert not call.analyses.exists()


def test_not_reached_fits_the_contract(api: APIClient, call: Call) -> None:
    analysis(call, verdict=not_reached("Nobody spoke.").model_dump())
    assert set(api.get(f"/api/tasks/{call.task_id}/analysis").json()) == CONTRACT
