"""`/telemetry/`: its filters are its address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tasks_app.models import Task
from tasks_app.telemetry_page import words
from tasks_app.telemetry_page.calls import CallNumbers, call_numbers, telemetry_ids
from tasks_app.telemetry_page.cards import cards
from tasks_app.telemetry_page.charts import Chart, Series, lines, stacked
from tasks_app.telemetry_page.periods import RANGES, Periods
from tasks_app.telemetry_page.timings import PERCENTILES, Timings, timings
from tasks_app.templatetags.display import OUTCOMES, TASK_TYPES
from telemetry.stats import counted_percentiles
from telephony.ended_reasons import ENDED_REASONS, EndedReason


@dataclass(frozen=True, slots=True)
class Ending:
    """Why calls ended, and how many."""

    reason: EndedReason
    count: int


@never_cache
@login_required
@require_GET
def telemetry_page(request: HttpRequest) -> HttpResponse:
    """Calls, outcomes and timings of a range of time, against the one before."""
    task_type = request.GET.get("task_type", "")
    if task_type not in Task.Type.values:
        task_type = ""
    component = request.GET.get("component", "")[:100]
    periods = Periods.of(request.GET.get("range", ""), timezone.now())
    numbers = call_numbers(request.user, periods, task_type)
    timed = timings(periods, telemetry_ids(request.user, periods, task_type), component)
    chosen = {"range": periods.name, "task_type": task_type, "component": component}
    shown = {
        "periods": periods,
        "ranges": [(name, title, _address(chosen | {"range": name})) for name, (title, *_) in RANGES.items()],
        "task_types": TASK_TYPES,
        "components": sorted({*timed.components, *([component] if component else [])}),
        "chosen": chosen,
        "is_narrowed": bool(task_type or component),
        "cards": cards(numbers, timed),
        "charts": _charts(periods, numbers, timed),
        "endings": _endings(numbers.ended),
        "timings": timed,
        "has_calls": any(period.calls for period in numbers.periods),
    }
    return render(request, "telemetry/page.html", shown)


def _address(chosen: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in chosen.items() if value})


def _charts(periods: Periods, numbers: CallNumbers, timed: Timings) -> list[Chart]:
    labels, each = periods.labels, numbers.periods
    per = "hour" if periods.name == "24h" else "day"
    outcomes = [
        Series(look.word, f"outcome-{name}", [period.outcomes[name] for period in each])
        for name, look in sorted(OUTCOMES.items(), key=lambda outcome: outcome[0] == "unknown")
    ]
    durations = [counted_percentiles(period.durations_s, PERCENTILES) for period in each]
    return [
        stacked(
            "calls",
            "Calls",
            f"How many calls were made each {per}, answered and not.",
            labels,
            [
                Series("answered", "answered", [period.answered for period in each]),
                Series("not answered", "unanswered", [period.unanswered for period in each]),
            ],
            words.number,
        ),
        stacked(
            "outcomes",
            "Outcomes",
            f"What the tasks achieved whose last call ended in each {per}.",
            labels,
            outcomes,
            words.number,
        ),
        lines(
            "durations",
            "Length of calls",
            f"From answer to hang-up, the calls of each {per}.",
            labels,
            _percentile_series(durations),
            words.seconds,
            words.seconds_step,
        ),
        lines(
            "turns",
            "Time to answer",
            f"From the end of a person's words to the agent's voice, the turns of each {per}.",
            labels,
            _percentile_series(timed.turns_ms),
            words.milliseconds,
        ),
    ]


def _percentile_series(periods: Sequence[Sequence[float | None]]) -> list[Series]:
    return [
        Series(f"p{percent}", f"p{percent}", [period[i] for period in periods])
        for i, percent in enumerate(PERCENTILES)
    ]


def _endings(ended: Counter[str]) -> list[Ending]:
    return [Ending(ENDED_REASONS[reason], n) for reason, n in ended.most_common() if reason in ENDED_REASONS]
