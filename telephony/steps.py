"""Work after a call that must be done once: a row owns each piece, whoever has time claims it.

The row is written in the transaction that makes the work necessary. A message only says "look now"; when it is lost,
a sweep finds the row, and when it comes twice, the second claim fails. A worker that dies keeps its claim until the
lease ends, and cannot write its result after that.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

MAX_ATTEMPTS = 4
WORN_OUT = f"It was begun {MAX_ATTEMPTS} times and never came to an end."
_WAIT_S = 5.0


class Step(models.Model):
    """One piece of work. `due_at` is when it may be begun, or, while it runs, when its claim ends."""

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_id = models.UUIDField(null=True, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    failure = models.TextField(blank=True, help_text="Why it failed, in words.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


OPEN = (Step.State.PENDING, Step.State.RUNNING)
S = TypeVar("S", bound=Step)


def lease_s(deadline_s: float) -> float:
    """How long a claim lasts on work that has this deadline: a little longer, so that only the dead lose it."""
    return 1.1 * deadline_s + 1


def due(model: type[S]) -> list[uuid.UUID | int]:
    """The keys of the work that waits for somebody, oldest first."""
    rows = model._default_manager.filter(state__in=OPEN, due_at__lte=timezone.now()).order_by("due_at")
    return list(rows.values_list("pk", flat=True))


def claim(model: type[S], key: uuid.UUID | int | str, *, lease_s: float) -> S | None:
    """Begin the work, for `lease_s`; None when it is not due, done, or somebody else's.

    A row that comes back with more than MAX_ATTEMPTS attempts must be failed, not worked on.
    """
    now = timezone.now()
    attempt_id = uuid.uuid4()
    claimed = model._default_manager.filter(pk=key, state__in=OPEN, due_at__lte=now).update(
        state=Step.State.RUNNING,
        attempts=models.F("attempts") + 1,
        attempt_id=attempt_id,
        due_at=now + dt.timedelta(seconds=lease_s),
    )
    return model._default_manager.get(pk=key) if claimed else None


def finish(row: Step, *, state: Step.State, **fields: Any) -> bool:
    """Write the result. False, and nothing is written, when the claim of `row` has passed to somebody else."""
    return _if_mine(row, state=state, finished_at=timezone.now(), **fields)


def put_back(row: Step) -> bool:
    """Let somebody try again, later each time."""
    wait = dt.timedelta(seconds=_WAIT_S * 2 ** (row.attempts - 1))
    return _if_mine(row, state=Step.State.PENDING, due_at=timezone.now() + wait)


def _if_mine(row: Step, **changes: Any) -> bool:
    mine = type(row)._default_manager.filter(pk=row.pk, state=Step.State.RUNNING, attempt_id=row.attempt_id)
    return bool(mine.update(**changes))
