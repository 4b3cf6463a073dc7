"""What a call's end sets in motion: rows first, then a verdict, an event, and the outcome of the task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from tasks_app import judging
from tasks_app.models import Analysis, Task
from telephony import retrying, services
from telephony.brief import CallBrief
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent, Recording
from tests.tasks_app.conftest import MakeCall, MakeTask, record, say
from tests.tasks_app.simulated_models import Models, running_models

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

TALK = (
    ("caller", "Customer service, hello."),
    ("agent", "Hello, I am an AI assistant. Could you lower the bill to $60?"),
    ("caller", "It is $79 now. I can lower it to $55 a month."),
    ("agent", "That works for me. Please go ahead."),
    ("caller", "Done. It is $55 a month from today."),
)


@pytest.fixture(scope="module")
def running() -> Iterator[Models]:
    with running_models() as models:
        yield models


@pytest.fixture
def models(running: Models, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Models:
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.01)
    settings.POST_CALL_TRANSCRIPTION = False
    running.recovers()
    running.use(settings, "openai")
    return running


def talked(make_call: MakeCall, task: Task, talk: tuple[tuple[str, str], ...] = TALK) -> Call:
    """A call in which all this was said, and its recording closed."""
    call = make_call(Event.ANSWER, task=task)
    record(call, Recording.State.RECORDING)
    for number, (speaker, text) in enumerate(talk, start=1):
        say(call, number, speaker, text, number * 2_000)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE)
    services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=12_000)
    return call


@pytest.fixture
def task(make_task: MakeTask) -> Task:
    return make_task(target_outcome="$60 a month", walkaway_point="$75, ocelot")


def only(call: Call) -> Analysis:
    return Analysis.objects.get(call=call)


def judged(call: Call) -> Analysis:
    """The call's analysis, after a worker had a look at it."""
    judging.analyse(str(only(call).pk))
    return only(call)


def announced(call: Call) -> list[dict[str, Any]]:
    """What the feed was told."""
    return list(CallEvent.objects.filter(call=call, type="analysis_ready").values_list("data", flat=True))


def test_a_call_is_judged_and_its_task_shows_it(models: Models, make_call: MakeCall, task: Task) -> None:
    call = talked(make_call, task)
    assert only(call).state == Analysis.State.PENDING
    assert announced(call) == []
    analysis = judged(call)
    assert (analysis.state, analysis.outcome, analysis.simulated) == (Analysis.State.READY, "success", True)
    assert (analysis.provider, analysis.model) == ("simulator", "gpt-5.4-mini")
    assert analysis.input_tokens > 100
    assert analysis.raw_answer.startswith("{")
    assert analysis.verdict is not None
    assert analysis.verdict["evidence"][0]["quote"] in TALK[analysis.verdict["evidence"][0]["turn"] - 1][1]
    task.refresh_from_db()
    assert task.outcome == "success"
    [told] = announced(call)
    assert told == {
        "state": "ready",
        "outcome": "success",
        "score": analysis.verdict["score"],
        "provider": "simulator",
        "detail": "",
    }


def test_what_was_not_heard_is_not_judged(models: Models, make_call: MakeCall, task: Task) -> None:
    call = make_call(Event.ANSWER, task=task)
    record(call, Recording.State.RECORDING)
    say(call, 1, "caller", "Hello.", 300)
    say(call, 2, "agent", "I accept one million dollars.", 2_000, heard=0.2, heard_text="I accept")
    say(call, 3, "agent", "Are you there?", 4_000, heard=0.0, heard_text="")
    services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=5_000)
    judged(call)
    asked = str(models.requests[-1]["body"])
    assert "[2] agent: I accept\\n" in asked
    assert "million" not in asked
    assert "Are you there" not in asked


@pytest.mark.parametrize("end", [Event.BUSY, Event.NO_ANSWER, Event.FAIL, Event.CANCEL])
def test_a_call_that_nobody_answered_was_not_reached(make_call: MakeCall, task: Task, end: Event) -> None:
    Task.objects.filter(pk=task.pk).update(outcome="partial")
    call = make_call(Event.RING, end, task=task)
    analysis = only(call)
    assert (analysis.state, analysis.provider, analysis.outcome) == ("ready", "not_reached", "unknown")
    assert analysis.verdict is not None
    assert analysis.verdict["outcome_reasoning"].startswith("not reached: ")
    assert [told["provider"] for told in announced(call)] == ["not_reached"]
    task.refresh_from_db()
    assert task.outcome == "partial"  # what an earlier call achieved stays


def test_neither_was_one_in_which_nobody_spoke(models: Models, make_call: MakeCall, task: Task) -> None:
    before = len(models.requests)
    analysis = judged(talked(make_call, task, (("agent", "Hello? Is anybody there?"),)))
    assert (analysis.provider, analysis.outcome) == ("not_reached", "unknown")
    assert len(models.requests) == before


def test_a_call_whose_audio_never_came_is_judged_at_its_end(make_call: MakeCall, task: Task) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE, task=task)
    assert judged(call).provider == "not_reached"


def test_without_a_model_there_are_statistics(
    models: Models, settings: Settings, make_call: MakeCall, task: Task
) -> None:
    settings.OPENAI_API_KEY = ""
    analysis = judged(talked(make_call, task))
    assert (analysis.state, analysis.provider, analysis.model) == ("ready", "statistics", "")
    assert analysis.verdict is not None
    assert (analysis.verdict["outcome"], analysis.verdict["score"]) == ("unknown", None)
    assert analysis.verdict["details"]["caller_turns"] == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("bad_json", "not JSON"), ("429_day", "rate"), ("500", "500"), ("refusal", "refused")],
)
def test_a_failure_has_a_reason_and_stores_nothing_invalid(
    models: Models, make_call: MakeCall, task: Task, fault: str, reason: str
) -> None:
    models.fails(fault, times=10)
    call = talked(make_call, task)
    analysis = judged(call)
    assert (analysis.state, analysis.verdict) == (Analysis.State.FAILED, None)
    assert reason in analysis.failure
    [told] = announced(call)
    assert (told["state"], told["detail"]) == ("failed", analysis.failure)
    task.refresh_from_db()
    assert task.outcome == "unknown"


@pytest.mark.parametrize("fault", ["hang", "slow_drip"])
def test_it_ends_by_its_deadline(
    models: Models, settings: Settings, make_call: MakeCall, task: Task, fault: str
) -> None:
    settings.ANALYSIS_DEADLINE_SECONDS = 0.5
    models.fails(fault, times=10)
    analysis = judged(talked(make_call, task))
    assert analysis.state == Analysis.State.FAILED
    assert analysis.finished_at is not None
    assert (analysis.finished_at - analysis.created_at).total_seconds() < 8


def test_a_message_that_comes_twice_is_done_once(models: Models, make_call: MakeCall, task: Task) -> None:
    call = talked(make_call, task)
    key = str(only(call).pk)
    before = len(models.requests)
    for _ in range(3):
        judging.analyse(key)
    assert len(models.requests) == before + 1
    assert len(announced(call)) == 1


def test_work_that_kills_its_worker_is_given_up(models: Models, make_call: MakeCall, task: Task) -> None:
    call = talked(make_call, task)
    Analysis.objects.filter(call=call).update(attempts=4)
    analysis = judged(call)
    assert (analysis.state, analysis.failure) == (
        Analysis.State.FAILED,
        "It was begun 4 times and never came to an end.",
    )


def test_the_newest_call_that_was_answered_decides(models: Models, make_call: MakeCall, task: Task) -> None:
    refused = (*TALK[:2], ("caller", "No. It is $79, and I cannot lower it."))
    first = talked(make_call, task)
    second = talked(make_call, task, refused)
    judged(second)
    task.refresh_from_db()
    assert task.outcome == only(second).outcome != "success"
    judged(first)  # late, and of an older call
    task.refresh_from_db()
    assert task.outcome == only(second).outcome


def test_judged_again_both_verdicts_stay(models: Models, make_call: MakeCall, task: Task) -> None:
    call = talked(make_call, task)
    first = judged(call)
    second = judging.analysis_request(call)
    assert judging.analysis_request(call).pk == second.pk  # one at a time
    judging.analyse(str(second.pk))
    assert set(call.analyses.values_list("pk", "state")) == {(first.pk, "ready"), (second.pk, "ready")}


def test_the_need_is_written_with_the_end_or_not_at_all(make_call: MakeCall, task: Task) -> None:
    call = make_call(Event.ANSWER, task=task)
    record(call, Recording.State.RECORDING)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=900)
        assert Analysis.objects.filter(call=call).exists() or call.transcription
        raise ZeroDivisionError
    assert not Analysis.objects.filter(call=call).exists()
    assert Recording.objects.get(call=call).state == Recording.State.RECORDING


def test_one_broken_call_keeps_no_other_from_its_verdict(
    models: Models, make_call: MakeCall, make_task: MakeTask
) -> None:
    broken, fine = (talked(make_call, make_task(target_outcome="$60 a month")) for _ in range(2))
    Call.objects.filter(pk=broken.pk).update(brief=["nonsense"])
    analysis = judged(broken)
    assert (analysis.state, analysis.attempts) == (Analysis.State.PENDING, 1)
    assert analysis.due_at > timezone.now() + dt.timedelta(seconds=3)
    assert judged(fine).state == Analysis.State.READY


def test_the_limit_is_in_the_prompt_and_nowhere_else(models: Models, make_call: MakeCall, task: Task) -> None:
    call = make_call(Event.ANSWER, task=task)
    assert call.get_brief() == CallBrief(objective=task.objective, walkaway_point=task.walkaway_point)
    record(call, Recording.State.RECORDING)
    say(call, 1, "caller", "It is $80.", 300)
    services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=900)
    analysis = judged(call)
    assert "ocelot" in str(models.requests[-1]["body"])
    assert "ocelot" not in str(analysis.verdict) + str(announced(call))
