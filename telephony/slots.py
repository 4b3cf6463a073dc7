"""Slow work after calls takes no more of a worker's threads than its share, so that a sweep always finds one.

Providers that hang would otherwise hold every thread, and calls that nobody looks after would stay live.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from telephony import steps

AT_ONCE: Final = 4
"""How many pieces of work of one kind a worker does at once; CELERY_WORKER_CONCURRENCY has room for all kinds."""

_is_ending = threading.Event()


def begin_nothing_more() -> None:
    """This worker is to end: what waits is for another, or for the next sweep."""
    _is_ending.set()


class Slots:
    """Where the work of one kind is done. `do` is given the key of a row of `model`."""

    def __init__(self, model: type[steps.Step], do: Callable[[str], None]) -> None:
        self._model = model
        self._do = do
        self._free = threading.Semaphore(AT_ONCE)

    def work_on(self, key: str) -> None:
        """Do this piece and then all that waits, or, when every slot is taken, leave it to the first that is free."""
        waiting: Sequence[uuid.UUID | int | str] = [key]
        while waiting and not _is_ending.is_set() and self._free.acquire(blocking=False):
            try:
                self._do(str(waiting[0]))
            finally:
                self._free.release()
            waiting = steps.due(self._model)  # asked once the slot is free, so that nothing is left to nobody


def one_at_a_time(work: Callable[[], object]) -> Callable[[], None]:
    """`work`, which does nothing while it is under way in another thread."""
    under_way = threading.Lock()

    def unless_under_way() -> None:
        if under_way.acquire(blocking=False):
            try:
                work()
            finally:
                under_way.release()

    return unless_under_way
