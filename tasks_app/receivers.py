"""What telephony reports, written on the task in the same transaction."""

from __future__ import annotations

from typing import Any

from tasks_app.judging import analysis_request
from tasks_app.models import Task
from telephony.lifecycle import TERMINAL, State
from telephony.models import Call, Recording
from telephony.signals import call_changed, transcript_ready

STATUS: dict[State, Task.Status] = {
    State.RESERVED: Task.Status.DIALING,
    State.PLACING: Task.Status.DIALING,
    State.UNKNOWN: Task.Status.DIALING,
    State.QUEUED: Task.Status.DIALING,
    State.RINGING: Task.Status.DIALING,
    State.IN_PROGRESS: Task.Status.ACTIVE,
    State.ENDING: Task.Status.ACTIVE,
    State.COMPLETED: Task.Status.ENDED,
    State.CANCELED: Task.Status.ENDED,
    State.BUSY: Task.Status.FAILED,
    State.NO_ANSWER: Task.Status.FAILED,
    State.FAILED: Task.Status.FAILED,
}


def connect() -> None:
    """Follow telephony's signals from now on."""
    call_changed.connect(follow_call, dispatch_uid="tasks_app.follow_call")
    transcript_ready.connect(follow_transcript, dispatch_uid="tasks_app.follow_transcript")


def follow_call(*, call: Call, **_: Any) -> None:
    """Show on the task where its latest call is. A call without sound is judged at its end, as not reached."""
    state = State(call.state)
    over = state in TERMINAL
    Task.objects.filter(pk=call.task_id).update(
        status=STATUS[state],
        ended_at=call.ended_at if over else None,
        duration_seconds=call.duration_seconds if over else None,
    )
    if over and not Recording.objects.filter(call=call).exists():
        analysis_request(call)


def follow_transcript(*, call: Call, **_: Any) -> None:
    """What was said is known: have it judged."""
    analysis_request(call)
