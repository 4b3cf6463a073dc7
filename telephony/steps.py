"""Work after a call that must be done once: a row owns each piece, whoever has time claims it.

The row is written in the transaction that makes the work necessary. A message only says "look now"; when it is lost,
a sweep finds the row, and when it comes twice, the second claim fails. A claim is a short lease, which is renewed while
the work goes on: a worker that dies loses it soon, and cannot write its result after that.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.utils import timezone

MAX_ATTEMPTS = 4
WORN_OUT = f"It was begun {MAX_ATTEMPTS} times and never came to an end."
RENEWALS_A_LEASE = 3
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


def due(model: type[S]) -> list[uuid.UUID | int]:
    """The keys of the work that waits for somebody, oldest first."""
    rows = model._default_manager.filter(state__in=OPEN, due_at__lte=timezone.now()).order_by("due_at")
    return list(rows.values_list("pk", flat=True))


def claim(model: type[S], key: uuid.UUID | int | str) -> S | None:
    """Begin the work, for WORK_LEASE_SECONDS; None when it is not due, done, or somebody else's.

    A row that comes back with more than MAX_ATTEMPTS attempts must be failed, not worked on.
    """
    attempt_id = uuid.uuid4()
    claimed = model._default_manager.filter(pk=key, state__in=OPEN, due_at__lte=timezone.now()).update(
        state=Step.State.RUNNING,
        attempts=models.F("attempts") + 1,
        attempt_id=attempt_id,
        due_at=_lease_end(),
    )
    return model._default_manager.get(pk=key) if claimed else None


@contextmanager
def keeping(row: Step, *, deadline_s: float) -> Iterator[None]:
    """Renew the claim of `row` while the block runs; no longer than its deadline, in case it hangs."""
    ended = threading.Event()
    arguments = (row, ended, time.monotonic() + deadline_s)
    threading.Thread(target=_renew, args=arguments, name="renew-claim", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def finish(row: Step, *, state: Step.State, **fields: Any) -> bool:
    """Write the result. False, and nothing is written, when the claim of `row` has passed to somebody else."""
    return _if_mine(row, state=state, finished_at=timezone.now(), **fields)


def put_back(row: Step) -> bool:
    """Let somebody try again, later each time."""
    wait = dt.timedelta(seconds=_WAIT_S * 2 ** (row.attempts - 1))
    return _if_mine(row, state=Step.State.PENDING, due_at=timezone.now() + wait)


def _renew(row: Step, ended: threading.Event, until: float) -> None:
    while not ended.wait(settings.WORK_LEASE_SECONDS / RENEWALS_A_LEASE) and time.monotonic() < until:
        try:
            if not _if_mine(row, due_at=_lease_end()):
                return
        except DatabaseError:  # the next renewal may come in time
            pass
        finally:
            connection.close()


def _lease_end() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.WORK_LEASE_SECONDS)


def _if_mine(row: Step, **changes: Any) -> bool:
    mine = type(row)._default_manager.filter(pk=row.pk, state=Step.State.RUNNING, attempt_id=row.attempt_id)
    return bool(mine.update(**changes))
