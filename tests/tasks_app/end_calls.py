"""Ends calls, as a process that holds their audio does: `python -m tests.tasks_app.end_calls 20 3`.

Prints the longest time, in ms, that the end of a call took. The last 3 it leaves as a process does that is killed:
their recordings are not closed.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  Django must be set up first
from django.utils import timezone  # noqa: E402

from tasks_app.models import Task  # noqa: E402
from telephony import services  # noqa: E402
from telephony.brief import CallBrief  # noqa: E402
from telephony.events import TurnState  # noqa: E402
from telephony.lifecycle import Event  # noqa: E402
from telephony.models import Call, Recording  # noqa: E402

TURNS = (
    ("caller", "Customer service, hello."),
    ("agent", "Hello, I am an AI assistant. Could you lower the bill to $60?"),
    ("caller", "It is $79 now. I can lower it to $55 a month."),
    ("agent", "That works for me. Please go ahead."),
    ("caller", "Done. It is $55 a month from today."),
)


def live_call(owner: User) -> Call:
    """A call in which all was said."""
    task = Task.objects.create(owner=owner, target_phone="+12025550100", objective="Lower the bill")
    brief = CallBrief(objective=task.objective, target_outcome="$60 a month", walkaway_point="$75")
    call = services.call_reserve(task_id=task.pk, owner_id=owner.pk, to_number=task.target_phone, brief=brief)
    services.call_advance(call_id=call.pk, event=Event.ANSWER)
    Recording.objects.create(call=call)
    turns = [
        TurnState(number, speaker, text, number * 2_000, number * 2_000 + 1_500)
        for number, (speaker, text) in enumerate(TURNS, start=1)
    ]
    services.session_write(call_id=call.pk, fence=call.fence, entries=turns)
    return call


def main() -> None:
    owner, _ = User.objects.get_or_create(username="alice")
    count, left_open = (int(argument) for argument in sys.argv[1:])
    calls = [live_call(owner) for _ in range(count)]
    longest_s = 0.0
    for number, call in enumerate(calls, start=1):
        began = time.monotonic()
        services.call_advance(call_id=call.pk, event=Event.COMPLETE)
        if number > count - left_open:
            Call.objects.filter(pk=call.pk).update(lease_expires_at=timezone.now())
            continue
        services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=12_000)
        longest_s = max(longest_s, time.monotonic() - began)
    print(round(longest_s * 1000))


if __name__ == "__main__":
    main()
