"""Every read that needs a permission: owners see their own, superusers see all, to anybody else it is not there."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Prefetch, QuerySet

from tasks_app.call_costs import priced_calls
from tasks_app.models import Analysis, Task
from tasks_app.refusals import Refusal
from telephony.lifecycle import LIVE
from telephony.models import Call, Turn
from telephony.steps import OPEN

Anybody = User | AnonymousUser


def task_list(user: Anybody) -> QuerySet[Task]:
    """The tasks that `user` may see, newest first."""
    return Task.objects.all() if user.is_superuser else Task.objects.filter(owner_id=user.pk)


def call_list(user: Anybody) -> QuerySet[Call]:
    """The calls that `user` may see, with what their cost is made of."""
    return priced_calls() if user.is_superuser else priced_calls().filter(owner_id=user.pk)


def telemetry_ids_of(user: User) -> frozenset[str]:
    """The ids of the tasks and calls whose telemetry `user` may see, where that is not everything."""
    tasks = task_list(user).values_list("pk", flat=True)
    calls = Call.objects.filter(owner_id=user.pk).values_list("pk", flat=True)
    return frozenset(str(pk) for pk in (*tasks, *calls))


def task_for(user: Anybody, task_id: uuid.UUID) -> Task:
    """One task with its owner and its calls, newest first.

    Raises:
        Refusal: there is none that this user may see.
    """
    calls = priced_calls().order_by("-created_at", "-id")
    found = task_list(user).select_related("owner").prefetch_related(Prefetch("calls", calls))
    task = found.filter(pk=task_id).first()
    if task is None:
        raise Refusal("not_found", "There is no such task.", status=404)
    return task


def call_for(user: Anybody, call_id: uuid.UUID) -> Call:
    """One call with its recording, its turns and what its cost is made of.

    Raises:
        Refusal: there is none that this user may see.
    """
    found = call_list(user).prefetch_related(Prefetch("turns", Turn.objects.order_by("number")))
    call = found.filter(pk=call_id).first()
    if call is None:
        raise Refusal("not_found", "There is no such call.", status=404)
    return call


def latest_call(task: Task) -> Call | None:
    """The call that the task's status speaks of."""
    return _newest(task).first()


def live_call(task: Task) -> Call | None:
    """The call that is not over yet; there is one at most."""
    return _newest(task).filter(state__in=LIVE).first()


def answered_call(task: Task, session_id: uuid.UUID | None = None) -> Call:
    """The call whose audio and transcript are meant: the latest that was answered, or the one that is named.

    Raises:
        Refusal: `no_call`, `not_answered`, or `not_found` for a name that is not a call of this task.
    """
    calls = _newest(task)
    if session_id is not None:
        named = calls.filter(pk=session_id).first()
        if named is None:
            raise Refusal("not_found", "This task has no such call.", status=404)
        if named.answered_at is None:
            raise Refusal("not_answered", "This call was not answered.", status=404)
        return named
    answered = calls.filter(answered_at__isnull=False).first()
    if answered is None and calls.exists():
        raise Refusal("not_answered", "No call of this task was answered yet.", status=404)
    if answered is None:
        raise Refusal("no_call", "This task was not called yet.", status=404)
    return answered


def judged_call(task: Task, session_id: uuid.UUID | None = None) -> Call:
    """The call whose verdict is meant: the one that is named, the latest answered one, else the latest of all.

    Raises:
        Refusal: `no_call`, or `not_found` for a name that is not a call of this task.
    """
    calls = _newest(task)
    if session_id is not None:
        call = calls.filter(pk=session_id).first()
        if call is None:
            raise Refusal("not_found", "This task has no such call.", status=404)
        return call
    call = calls.filter(answered_at__isnull=False).first() or calls.first()
    if call is None:
        raise Refusal("no_call", "This task was not called yet.", status=404)
    return call


def latest_analysis(call: Call) -> Analysis | None:
    """The analysis that counts: one that is on its way, else the newest verdict, else the newest failure."""
    rows = Analysis.objects.filter(call=call)
    return (
        rows.filter(state__in=OPEN).first()
        or rows.filter(state=Analysis.State.READY).order_by("-created_at", "-id").first()
        or rows.order_by("-created_at", "-id").first()
    )


def _newest(task: Task) -> QuerySet[Call]:
    return Call.objects.filter(task_id=task.pk).select_related("recording").order_by("-created_at", "-id")
