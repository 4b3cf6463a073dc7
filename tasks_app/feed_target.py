"""What the id in a socket's address means: a whole task, or one call of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.auth.models import User

from tasks_app import selectors
from tasks_app.refusals import Refusal
from telephony.models import Call


@dataclass(frozen=True, slots=True)
class Target:
    """A whole task, whichever call is its latest; or one call of it."""

    task_id: uuid.UUID
    call_id: uuid.UUID | None


def find_target(user: User, name: uuid.UUID) -> Target:
    """What `name`, a task's or a call's id, means for `user`.

    Raises:
        Refusal: nothing that this user may see.
    """
    try:
        return Target(selectors.task_for(user, name).pk, None)
    except Refusal:
        call = selectors.call_for(user, name)
        return Target(call.task_id, call.pk)


def current_call(target: Target) -> Call | None:
    """The call that `target` shows now."""
    calls = (
        Call.objects.filter(pk=target.call_id)
        if target.call_id
        else Call.objects.filter(task_id=target.task_id)
    )
    return calls.select_related("recording").order_by("-created_at", "-id").first()


def call_named(user: User, name: uuid.UUID) -> Call:
    """The call that `name`, a task's or a call's id, means for `user` now.

    Raises:
        Refusal: nothing that this user may see, or a task that was not called yet.
    """
    call = current_call(find_target(user, name))
    if call is None:
        raise Refusal("no_call", "This task was not called yet.", status=404)
    return call
