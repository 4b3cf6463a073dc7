"""Celery's entries. They fetch nothing and decide nothing themselves."""

from __future__ import annotations

from celery import shared_task

from tasks_app import judging
from tasks_app.models import Analysis
from telephony.slots import Slots, one_at_a_time

_analyses = Slots(Analysis, judging.analyse)
_sweep = one_at_a_time(judging.sweep)


@shared_task(name="tasks_app.tasks.sweep", ignore_result=True)
def sweep(**_later_arguments: object) -> None:
    """Look after analyses that nobody is at work on; repeated by beat."""
    _sweep()


@shared_task(name=judging.TASK, ignore_result=True)
def analyse(key: str, **_later_arguments: object) -> None:
    """Judge one call, if nobody else does."""
    _analyses.work_on(key)
