"""Have a finished call judged: every write to an analysis, and to the outcome of its task."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from django.conf import settings
from django.db import transaction

from tasks_app.analysis import Draft, Verdict, build_prompt, judge, not_reached
from tasks_app.evidence import Heard
from tasks_app.llm.base import BadAnswer, Model, ask
from tasks_app.llm.factory import configured_model, llm_is_simulated
from tasks_app.models import Analysis, Task
from tasks_app.statistics import statistical_summary
from telemetry.record import timed_step
from telephony import services, steps
from telephony.enqueue import enqueue, enqueue_on_commit
from telephony.events import EventType, NewEvent
from telephony.models import Call
from telephony.retrying import ProviderFailed
from telephony.safe_logging import where
from telephony.speaker import Speaker
from telephony.transcript import TranscriptTurn
from telephony.transcripts import transcript_of

logger = logging.getLogger(__name__)

TASK = "tasks_app.tasks.analyse"
NOT_REACHED, STATISTICS, SIMULATOR = "not_reached", "statistics", "simulator"
"""Providers that are none, and the one that is simulated."""


@transaction.atomic
def analysis_request(call: Call) -> Analysis:
    """Have this call judged; the analysis that is on its way, if there is one."""
    # of two who ask at once, one finds the other's
    Call.objects.select_for_update().only("pk").get(pk=call.pk)
    open_one = Analysis.objects.filter(call=call, state__in=steps.OPEN).first()
    if open_one is not None:
        return open_one
    if call.answered_at is None:
        analysis = Analysis(call=call, state=Analysis.State.RUNNING)
        analysis.save(force_insert=True)
        _ready(analysis, not_reached(call.ended_detail), provider=NOT_REACHED)
        analysis.refresh_from_db()
        return analysis
    analysis = Analysis.objects.create(call=call)
    enqueue_on_commit(TASK, analysis.pk)
    return analysis


def analyse(key: str) -> None:
    """Do one analysis, if it is still to be done."""
    deadline_s = settings.ANALYSIS_DEADLINE_SECONDS
    analysis = steps.claim(Analysis, key)
    if analysis is None:
        return
    if analysis.attempts > steps.MAX_ATTEMPTS:
        _failed(analysis, steps.WORN_OUT)
        return
    call = Call.objects.get(pk=analysis.call_id)
    try:
        with (
            steps.keeping(analysis, deadline_s=deadline_s),
            timed_step("analysis", "analyse", session_id=str(call.pk), task_id=str(call.task_id)) as step,
        ):
            _judge(analysis, call, step.fields, deadline_s)
    except BadAnswer as error:
        _failed(analysis, str(error), raw_answer=error.raw.replace("\0", ""))
    except ProviderFailed as error:
        _failed(analysis, str(error))
    except Exception as error:  # our own mistake, or a database that is away: somebody else may fare better
        logger.error("the analysis of call %s did not come to an end: %s", call.pk, where(error))
        steps.put_back(analysis)


def sweep() -> int:
    """Send every analysis that waits to the workers; how many there were."""
    keys = steps.due(Analysis)
    for key in keys:
        enqueue(TASK, key)
    return len(keys)


def _judge(analysis: Analysis, call: Call, noted: dict[str, Any], deadline_s: float) -> None:
    turns = transcript_of(call).turns
    heard = _heard(turns)
    if not any(turn.speaker == Speaker.CALLER for turn in heard):
        _ready(analysis, not_reached(call.ended_detail), provider=NOT_REACHED)
        return
    model = configured_model()
    if model is None:
        _ready(analysis, statistical_summary(turns), provider=STATISTICS)
        return
    _ask_model(analysis, call, model, heard, noted, deadline_s)


def _ask_model(
    analysis: Analysis, call: Call, model: Model, heard: list[Heard], noted: dict[str, Any], deadline_s: float
) -> None:
    simulated = llm_is_simulated()
    noted |= {"provider": SIMULATOR if simulated else model.provider, "model": model.model}
    brief = call.get_brief()
    prompt = build_prompt(brief, heard, how_it_ended=call.ended_detail)
    parsed = asyncio.run(ask(model, prompt, Draft, deadline_s=deadline_s))
    answer = parsed.answer
    noted |= {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens}
    _ready(
        analysis,
        judge(parsed.value, heard, private=brief.walkaway_point),
        provider=SIMULATOR if simulated else model.provider,
        model=answer.model[:100],
        simulated=simulated,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        raw_answer=answer.raw.replace("\0", ""),
    )


def _heard(turns: list[TranscriptTurn]) -> list[Heard]:
    """What sounded, under the numbers that the transcript shows."""
    return [
        Heard(turn.number, turn.speaker, turn.sounded, turn.start_ms)
        for turn in turns
        if turn.sounded.strip()
    ]


@transaction.atomic
def _ready(analysis: Analysis, verdict: Verdict, *, provider: str, **fields: Any) -> None:
    stored = verdict.model_dump(mode="json")
    fields |= {"verdict": stored, "outcome": verdict.outcome, "provider": provider}
    if not steps.finish(analysis, state=steps.Step.State.READY, **fields):
        return
    call = Call.objects.get(pk=analysis.call_id)
    if call.answered_at is not None:
        Task.objects.filter(pk=call.task_id).update(outcome=_outcome_of(call))
    _announce(call, "ready", verdict.outcome, verdict.score, provider)


@transaction.atomic
def _failed(analysis: Analysis, reason: str, **fields: Any) -> None:
    if steps.finish(analysis, state=steps.Step.State.FAILED, failure=reason, **fields):
        _announce(Call.objects.get(pk=analysis.call_id), "failed", "unknown", None, "", detail=reason)


def _outcome_of(call: Call) -> str:
    """What the newest answered call of the task achieved, by its newest verdict."""
    verdicts = Analysis.objects.filter(
        call__task_id=call.task_id, call__answered_at__isnull=False, state=Analysis.State.READY
    )
    newest = verdicts.order_by("-call__created_at", "-call_id", "-created_at", "-id")
    return newest.values_list("outcome", flat=True)[0]


def _announce(
    call: Call, state: str, outcome: str, score: int | None, provider: str, *, detail: str = ""
) -> None:
    data = {"state": state, "outcome": outcome, "score": score, "provider": provider, "detail": detail}
    services.event_append(call_id=call.pk, events=[NewEvent(EventType.ANALYSIS_READY, data)])
