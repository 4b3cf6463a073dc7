"""Every write to a task, but for what its calls lead to: that is written by receivers and judging.

Permission was checked by the selector that found the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

from django.conf import settings
from django.contrib.auth.models import User

from tasks_app.dialling import why_not_dialled
from tasks_app.judging import analysis_request
from tasks_app.models import Analysis, Task
from tasks_app.refusals import Refusal
from tasks_app.selectors import latest_call, live_call
from telephony import bus, disk_room, live, placing
from telephony.actions import Action, ActionType
from telephony.brief import CallBrief
from telephony.lifecycle import State
from telephony.limits import LimitReachedError
from telephony.models import Call
from telephony.services import CallInProgressError, call_reserve, event_append
from telephony.transcripts import is_being_made
from telephony.twilio.errors import TelephonyError

DRAIN_RETRY_S = LIMIT_RETRY_S = 30


class TaskFields(TypedDict, total=False):
    """What a person writes. `target_phone` is E.164; lengths and characters were checked by the serializer."""

    task_type: str
    target_phone: str
    objective: str
    context: str
    target_outcome: str
    walkaway_point: str
    agent_persona: str
    opening_line: str
    style: str


@dataclass(frozen=True, slots=True)
class StopResult:
    """`call` is the one that is being stopped, else the latest; `stopping` is false when nothing was running."""

    call: Call | None
    stopping: bool


def task_create(*, owner: User, **fields: Unpack[TaskFields]) -> Task:
    """Write a new errand of `owner`."""
    return Task.objects.create(owner=owner, **fields)


def task_update(*, task: Task, **fields: Unpack[TaskFields]) -> None:
    """Write an errand anew that was never called.

    Raises:
        Refusal: it was called: what the agent was told must stay as it was.
    """
    untouched = Task.objects.filter(pk=task.pk, status=Task.Status.PENDING, calls=None)
    if not untouched.update(**fields):
        raise Refusal("already_called", "This task was called already: duplicate it instead.", status=409)


def task_start_call(*, task: Task) -> Call:
    """Dial the task's number, once. Blocks on Twilio; not for use inside a transaction.

    Raises:
        Refusal: nothing was dialled. A `call_in_progress` one names the live call.
    """
    _refuse_if_not_callable(task)
    try:
        call = call_reserve(
            task_id=task.pk, owner_id=task.owner_id, to_number=task.target_phone, brief=task_brief(task)
        )
    except CallInProgressError as error:
        raise Refusal(
            "call_in_progress",
            "This task has a call in progress: stop it, or wait for its end.",
            status=409,
            session_id=error.call.pk if error.call else None,
        ) from None
    except LimitReachedError as error:
        raise Refusal(
            error.blocked.code, error.blocked.message, status=429, retry_after_s=LIMIT_RETRY_S
        ) from None
    try:
        call = placing.place(call.pk)
    except TelephonyError as error:
        raise Refusal(
            error.code, str(error), status=422 if error.permanent else 502, session_id=call.pk
        ) from None
    if call.state == State.CANCELED:
        raise Refusal(
            "canceled_before_dial",
            "The call was stopped while it was being dialled."
            if call.call_sid
            else "The call was stopped before it was dialled.",
            status=409,
            session_id=call.pk,
        )
    return call


def task_stop_call(*, task: Task, by: User) -> StopResult:
    """Hang up the task's live call, if there is one. Blocks on Twilio."""
    call = live_call(task)
    if call is None:
        return StopResult(latest_call(task), stopping=False)
    return StopResult(call, stopping=placing.stop(call.pk, by=by.get_username()))


def call_act(*, call: Call, action: Action) -> None:
    """Have an action carried out in a live call. What comes of it is an `operator_action` event of the call.

    Raises:
        Refusal: `call_not_live`, or `call_unreachable` when the process that holds the call cannot be told.
    """
    if action.type is ActionType.END:
        if not call.is_live:
            raise _not_live(call, "The call is over.")
        event_append(call_id=call.pk, events=[action.outcome("The call is being ended.")])
        placing.stop(call.pk, by=action.by)
        return
    if call.state != State.IN_PROGRESS or not call.stream_sid or call.stop_requested_at is not None:
        raise _not_live(call, "The call is over." if not call.is_live else "The call has no sound now.")
    if live.get(call.pk) is None and not bus.is_connected():
        raise Refusal(
            "call_unreachable",
            "The process that holds this call cannot be reached now: Redis is away. Ending the call still works.",
            status=503,
            session_id=call.pk,
        )
    bus.publish_command(call.pk, action.to_command())


def _not_live(call: Call, sentence: str) -> Refusal:
    return Refusal("call_not_live", sentence, status=409, session_id=call.pk)


def call_analyse(*, call: Call) -> Analysis | None:
    """Have a finished call judged again; earlier verdicts stay. None when its first verdict is still to come."""
    return None if is_being_made(call) else analysis_request(call)


def task_brief(task: Task) -> CallBrief:
    """What the agent of a call made now would be told."""
    return CallBrief(
        objective=task.objective,
        task_type=task.task_type,
        context=task.context,
        target_outcome=task.target_outcome,
        walkaway_point=task.walkaway_point,
        agent_persona=task.agent_persona,
        opening_line=task.opening_line,
        style=task.style,
        on_behalf_of=task.owner.get_full_name(),
    )


def _refuse_if_not_callable(task: Task) -> None:
    if live.is_draining():
        raise Refusal(
            "draining",
            "This server is about to restart and takes no new calls: try again shortly.",
            status=503,
            retry_after_s=DRAIN_RETRY_S,
        )
    if settings.DIAL_PROBLEMS:
        raise Refusal("not_configured", " ".join(settings.DIAL_PROBLEMS), status=503)
    if problem := disk_room.problem():
        raise Refusal("disk_full", f"{problem} Make room there.", status=503)
    blocked = why_not_dialled(task.target_phone)
    if blocked:
        raise Refusal(blocked.code, blocked.message, status=422)
