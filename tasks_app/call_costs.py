"""What calls cost, from their rows and today's price table. Rows come from `with_costs` or `priced_calls`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import phonenumbers
from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from tasks_app.costs import (
    MILLION_TOKENS,
    MINUTE,
    Cost,
    PriceTable,
    Used,
    added,
    cost_of,
    million_tokens,
    minutes,
    started_minutes,
)
from tasks_app.llm.factory import llm_is_simulated
from tasks_app.models import Analysis, Task
from telephony.deepgram.transcription import MODEL, SPEAKERS
from telephony.models import Call, Recording, Transcription
from telephony.steps import OPEN

_RELEASE_DATE: Final = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")
_BILLED_APART: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
    }
)


@dataclass(frozen=True, slots=True)
class CallCost(Cost):
    """The cost of one call so far; `final` once nothing can be added to it. `per_minute`: while it goes on."""

    per_minute: Cost
    final: bool


def priced_calls() -> QuerySet[Call]:
    """Calls with all that their cost is made of, in two queries."""
    judged = Analysis.objects.only(
        "call_id", "state", "provider", "model", "simulated", "input_tokens", "output_tokens", "attempts"
    )
    return (
        Call.objects.select_related("recording", "transcription")
        .defer("transcription__turns")
        .prefetch_related(Prefetch("analyses", judged))
    )


def with_costs(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """The same tasks with their calls as `task_cost` needs them: two queries more, however many rows."""
    return tasks.prefetch_related(Prefetch("calls", priced_calls().defer("brief")))


def task_cost(task: Task) -> Cost:
    """All its calls together, which are looked up where they did not come with the task."""
    came_along = "calls" in getattr(task, "_prefetched_objects_cache", {})
    calls = task.calls.all() if came_along else priced_calls().filter(task_id=task.pk)
    return added([cost_of(_used(call), settings.PRICES) for call in calls])


def call_cost(call: Call) -> CallCost:
    """One call, to this moment."""
    return CallCost(
        cost_of(_used(call), settings.PRICES).parts,
        expected_per_minute(call.to_number, simulated=call.simulated),
        not call.is_live and not _is_open(call),
    )


def expected_per_minute(number: str, *, simulated: bool | None = None) -> Cost:
    """What each minute of a call to this E.164 number costs, the judgement after it left out."""
    simulated = settings.SIMULATED if simulated is None else simulated
    used = list(_talking(number, 60, simulated)) + list(_on_line(60, simulated))
    if settings.POST_CALL_TRANSCRIPTION and settings.DEEPGRAM_API_KEY:
        used.append(_transcribing(60, simulated))
    return cost_of(used, settings.PRICES)


def _used(call: Call) -> Iterator[Used]:
    until = call.ended_at or timezone.now()
    if call.answered_at is not None:  # ringing is free
        talked_s = call.duration_seconds
        yield from _talking(
            call.to_number,
            _between_s(call.answered_at, until) if talked_s is None else talked_s,
            call.simulated,
        )
    if call.clock_started_at is not None:
        yield from _on_line(_between_s(call.clock_started_at, until), call.simulated)
    recording: Recording | None = getattr(call, "recording", None)
    transcription: Transcription | None = getattr(call, "transcription", None)
    if recording and transcription and transcription.state == Transcription.State.READY:
        yield _transcribing(recording.duration_ms / 1000, call.simulated)
    for analysis in call.analyses.all():
        yield from _judging(analysis)


def _talking(number: str, seconds: float, simulated: bool) -> Iterator[Used]:
    where = _billed_as(number)
    yield Used(
        "telephone",
        f"Telephone, to {where}",
        f"twilio/outbound/{where}",
        MINUTE,
        started_minutes(seconds),
        simulated,
    )


def _on_line(seconds: float, simulated: bool) -> Iterator[Used]:
    """The audio stream, and the agent at its other end: its socket is open as long as the stream."""
    yield Used(
        "media_stream",
        "Telephone audio stream",
        "twilio/media-stream",
        MINUTE,
        started_minutes(seconds),
        simulated,
    )
    if settings.DEEPGRAM_VOICE_AGENT_ENABLED:
        yield Used("agent", "Voice agent", settings.AGENT_PRICE, MINUTE, minutes(seconds), simulated)


def _transcribing(seconds: float, simulated: bool) -> Used:
    quantity = len(SPEAKERS) * minutes(seconds)
    return Used(
        "transcription",
        "Transcription, both sides",
        f"deepgram/transcription/{MODEL}",
        MINUTE,
        quantity,
        simulated,
    )


def _judging(analysis: Analysis) -> Iterator[Used]:
    """Nothing for a verdict that no model gave. What a failed one used is not known, if it was begun at all."""
    failed = analysis.state == Analysis.State.FAILED and analysis.attempts > 0
    if not failed and not analysis.input_tokens:
        return
    simulated = llm_is_simulated() if failed else analysis.simulated
    for direction, tokens in (("input", analysis.input_tokens), ("output", analysis.output_tokens)):
        quantity: Decimal | None = None if failed else million_tokens(tokens)
        key = _model_key(analysis.provider, analysis.model, settings.PRICES)
        yield Used(
            f"analysis_{direction}",
            f"Verdict, {'read' if direction == 'input' else 'written'}",
            f"{key}/{direction}",
            MILLION_TOKENS,
            quantity,
            simulated,
        )


def _model_key(provider: str, model: str, prices: PriceTable) -> str:
    """The model's name in the price table: its own, else without the date of its release."""
    if provider == "local" and f"local/{model}/input" not in prices:
        return "local"
    if provider == "simulator":  # answers under the name of the model that was asked for
        provider = settings.LLM_PROVIDER
    named = f"{provider}/{model}"
    return named if f"{named}/input" in prices else _RELEASE_DATE.sub("", named)


def _billed_as(number: str) -> str:
    """The country whose price this number has; toll-free and the like have another one."""
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed) or "elsewhere"
    return f"{region}-special" if phonenumbers.number_type(parsed) in _BILLED_APART else region


def _is_open(call: Call) -> bool:
    recording: Recording | None = getattr(call, "recording", None)
    transcription: Transcription | None = getattr(call, "transcription", None)
    return (
        (recording is not None and recording.state == Recording.State.RECORDING)
        or (transcription is not None and transcription.state in OPEN)
        or any(analysis.state in OPEN for analysis in call.analyses.all())
    )


def _between_s(start: dt.datetime, end: dt.datetime) -> float:
    return max((end - start).total_seconds(), 0.0)
