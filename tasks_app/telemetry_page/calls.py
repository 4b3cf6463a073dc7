"""Calls and their ends in numbers, from the database: counted there, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from tasks_app import selectors
from tasks_app.models import Task
from tasks_app.selectors import Anybody
from tasks_app.telemetry_page.periods import Periods
from telephony.lifecycle import LIVE
from telephony.models import Call

BEFORE = -1
"""The period of everything that came before the first one."""


@dataclass(slots=True)
class Counted:
    """One period."""

    answered: int = 0
    unanswered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    durations_s: Counter[int] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return self.answered + self.unanswered


@dataclass(frozen=True, slots=True)
class CallNumbers:
    """Each period, the stretch before all of them, and why calls of the periods ended."""

    periods: list[Counted]
    before: Counted
    ended: Counter[str]
    live: int


def call_numbers(user: Anybody, periods: Periods, task_type: str) -> CallNumbers:
    """Four queries. A call counts when it was created; an outcome when its task ended."""
    calls = selectors.call_list(user)
    tasks = selectors.task_list(user).filter(ended_at__gte=periods.before)
    if task_type:
        calls, tasks = calls.filter(task__task_type=task_type), tasks.filter(task_type=task_type)
    numbers = CallNumbers([Counted() for _ in periods.numbers], Counted(), Counter(), _live(calls))
    recent, created_in = calls.filter(created_at__gte=periods.before), _period("created_at", periods)
    _count_calls(numbers, recent, created_in)
    _count_durations(numbers, recent, created_in)
    _count_outcomes(numbers, tasks, _period("ended_at", periods))
    return numbers


def telemetry_ids(user: Anybody, periods: Periods, task_type: str) -> frozenset[str] | None:
    """The calls whose timings are wanted; None: everything there is, which only superusers may see."""
    if user.is_superuser and not task_type:
        return None
    calls = selectors.call_list(user).filter(created_at__gte=periods.before)
    if task_type:
        calls = calls.filter(task__task_type=task_type)
    return frozenset(str(pk) for pk in calls.values_list("pk", flat=True))


def _live(calls: QuerySet[Call]) -> int:
    return calls.filter(state__in=LIVE).count()


def _period(moment: str, periods: Periods) -> Case:
    """The number of the period that a moment lies in, counted from 0; the database works it out."""
    edges: list[tuple[int, dt.datetime]] = list(enumerate(periods.starts))
    newest_first = [When(**{f"{moment}__gte": edge}, then=Value(i)) for i, edge in reversed(edges)]
    return Case(*newest_first, default=Value(BEFORE), output_field=IntegerField())


def _at(numbers: CallNumbers, period: int) -> Counted:
    return numbers.before if period == BEFORE else numbers.periods[period]


def _count_calls(numbers: CallNumbers, calls: QuerySet[Call], period_of: Case) -> None:
    grouped = calls.order_by().annotate(period=period_of).values_list("period", "ended_reason")
    for period, reason, n, answered in grouped.annotate(n=Count("pk"), answered=Count("answered_at")):
        counted = _at(numbers, period)
        counted.answered += answered
        counted.unanswered += n - answered
        if reason and period != BEFORE:
            numbers.ended[reason] += n


def _count_durations(numbers: CallNumbers, calls: QuerySet[Call], period_of: Case) -> None:
    ended = calls.filter(duration_seconds__isnull=False).order_by().annotate(period=period_of)
    for period, seconds, n in ended.values_list("period", "duration_seconds").annotate(n=Count("pk")):
        _at(numbers, period).durations_s[seconds] += n


def _count_outcomes(numbers: CallNumbers, tasks: QuerySet[Task], period_of: Case) -> None:
    grouped = tasks.order_by().annotate(period=period_of).values_list("period", "outcome")
    for period, outcome, n in grouped.annotate(n=Count("pk")):
        _at(numbers, period).outcomes[outcome] += n
