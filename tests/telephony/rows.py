"""Rows for tests: an owner, a task, a call."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from tasks_app.models import Task
from telephony import services
from telephony.brief import CallBrief
from telephony.lifecycle import Event
from telephony.models import Call

NUMBER = "+12025550100"
SID = "CA" + "0" * 32


def new_task() -> Task:
    """A task with an owner of its own."""
    owner = User.objects.create_user(f"user{User.objects.count()}")
    return Task.objects.create(owner=owner, target_phone=NUMBER, objective="Lower the bill")


def new_call(task: Task | None = None, *events: Event, **fields: Any) -> Call:
    """A reserved call, moved on by `events`."""
    task = task or new_task()
    brief = CallBrief(objective=task.objective)
    call = services.call_reserve(task_id=task.pk, owner_id=task.owner_id, to_number=NUMBER, brief=brief)
    for event in events:
        services.call_advance(call_id=call.pk, event=event)
    if fields:
        Call.objects.filter(pk=call.pk).update(**fields)
    call.refresh_from_db()
    return call
