"""Slow work has its share of a worker's threads and no more, and nothing is forgotten for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import connection

from telephony import slots as slots_module
from telephony import steps
from telephony.lifecycle import Event
from telephony.models import Transcription
from telephony.slots import AT_ONCE, Slots, one_at_a_time
from telephony.steps import Step
from tests.telephony.rows import new_call
from tests.waiting import until

pytestmark = pytest.mark.integration

PATIENCE_S = 20.0


def in_thread(work: Callable[[], None]) -> threading.Thread:
    """Do it in a thread with a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def ended(threads: list[threading.Thread]) -> int:
    return sum(not thread.is_alive() for thread in threads)


@pytest.mark.django_db(transaction=True)
def test_what_finds_no_slot_is_done_by_the_first_that_is_free() -> None:
    answers = threading.Event()
    asking: list[str] = []

    def ask(key: str) -> None:
        row = steps.claim(Transcription, key)
        if row is not None:
            asking.append(key)
            assert answers.wait(PATIENCE_S)
            assert steps.finish(row, state=Step.State.READY)

    rows = [Transcription.objects.create(call=new_call(None, Event.CANCEL)) for _ in range(AT_ONCE + 3)]
    slots = Slots(Transcription, ask)
    threads = [in_thread(lambda row=row: slots.work_on(str(row.pk))) for row in rows]  # type: ignore[misc]
    until(lambda: (len(asking), ended(threads)) == (AT_ONCE, 3))
    answers.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(asking) == sorted(str(row.pk) for row in rows)
    assert not Transcription.objects.exclude(state=Step.State.READY).exists()


@pytest.mark.django_db(transaction=True)
def test_work_that_breaks_keeps_no_slot() -> None:
    def breaks(key: str) -> None:
        raise ZeroDivisionError

    slots = Slots(Transcription, breaks)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError):
            slots.work_on("1")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_to_end_begins_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "_is_ending", threading.Event())
    rows = [Transcription.objects.create(call=new_call(None, Event.CANCEL)) for _ in range(3)]
    done: list[str] = []

    def last(key: str) -> None:
        done.append(key)
        worker_shutting_down.send(sender="worker", sig="SIGTERM", how="Warm", exitcode=0)

    Slots(Transcription, last).work_on(str(rows[0].pk))
    assert done == [str(rows[0].pk)]


def test_a_sweep_that_takes_long_is_not_begun_again() -> None:
    may_end, begun = threading.Event(), []

    def sweep() -> None:
        begun.append(1)
        assert may_end.wait(PATIENCE_S)

    guarded = one_at_a_time(sweep)
    first = in_thread(guarded)
    until(lambda: len(begun) == 1)
    guarded()
    assert len(begun) == 1
    may_end.set()
    first.join(PATIENCE_S)
    guarded()
    assert len(begun) == 2


def test_a_worker_has_threads_for_all_slots_and_both_sweeps() -> None:
    needed = 2 * AT_ONCE + len(settings.CELERY_BEAT_SCHEDULE)
    assert needed == settings.CELERY_WORKER_CONCURRENCY
