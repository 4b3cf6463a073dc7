"""What staff may do to calls from the admin's lists, by the same rules as everybody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest

from tasks_app.models import Task
from tasks_app.refusals import Refusal
from tasks_app.services import call_analyse, task_start_call
from telephony import placing
from telephony.models import Call

MOST_DIALLED: Final = 5
"""How many tasks are dialled at once: a slip of the mouse must not phone a hundred people."""


class Operating:
    """For an admin whose actions need more than looking: the permission to change tasks."""

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Named by `permissions=("operate",)`."""
        return isinstance(request.user, User) and request.user.has_perm("tasks_app.change_task")


def stop_calls(request: HttpRequest, calls: Iterable[Call]) -> None:
    """Hang up those that are not over, and say how many that were."""
    assert isinstance(request.user, User)
    stopped = sum(placing.stop(call.pk, by=request.user.get_username()) for call in calls if call.is_live)
    messages.success(
        request, f"{_counted(stopped, 'call')} being ended." if stopped else "No call was running."
    )


def analyse_calls(request: HttpRequest, calls: Iterable[Call]) -> None:
    """Have each judged again; those that are still being judged, or are live, wait for that."""
    begun = [call for call in calls if call_analyse(call=call) is not None]
    messages.success(request, f"{_counted(len(begun), 'call')} being judged again.")


def dial_tasks(request: HttpRequest, tasks: list[Task]) -> None:
    """Call each once more; every refusal is said with the task it is about."""
    if len(tasks) > MOST_DIALLED:
        messages.error(request, f"Choose {MOST_DIALLED} tasks at most: each of them is dialled at once.")
        return
    for task in tasks:
        try:
            task_start_call(task=task)
        except Refusal as refusal:
            messages.error(request, f"Task {task.pk}: {refusal}")
        else:
            messages.success(request, f"Task {task.pk} is being called.")


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing} is" if n == 1 else f"{n} {thing}s are"
