"""Work that must be done once: of many who try one gets it, the dead lose it, and the late cannot write."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from telephony import steps
from telephony.models import Transcription
from telephony.steps import Step
from tests.telephony.rows import new_call
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def waiting() -> Transcription:
    return Transcription.objects.create(call=new_call())


def lease_ends(row: Transcription) -> None:
    Transcription.objects.filter(pk=row.pk).update(due_at=timezone.now() - dt.timedelta(seconds=1))


def claimed(row: Transcription) -> Transcription:
    mine = steps.claim(Transcription, row.pk)
    assert mine is not None
    return mine


def test_what_is_claimed_is_nobody_elses_until_the_lease_ends() -> None:
    row = waiting()
    assert steps.due(Transcription) == [row.pk]
    mine = claimed(row)
    assert (mine.state, mine.attempts) == (Step.State.RUNNING, 1)
    assert steps.claim(Transcription, row.pk) is None
    assert steps.due(Transcription) == []
    lease_ends(row)
    assert steps.due(Transcription) == [row.pk]
    assert claimed(row).attempts == 2


def test_a_result_is_written_by_whoever_holds_the_claim() -> None:
    row = waiting()
    late = claimed(row)
    lease_ends(row)
    now = claimed(row)
    assert not steps.finish(late, state=Step.State.READY, turns=["late"])
    assert not steps.put_back(late)
    assert steps.finish(now, state=Step.State.READY, turns=["right"])
    assert not steps.finish(now, state=Step.State.FAILED)
    row.refresh_from_db()
    assert (row.state, row.turns) == (Step.State.READY, ["right"])
    assert row.finished_at is not None
    assert steps.claim(Transcription, row.pk) is None


def test_what_is_put_back_waits_longer_each_time() -> None:
    row, waits = waiting(), []
    for _ in range(3):
        assert steps.put_back(claimed(row))
        row.refresh_from_db()
        waits.append((row.due_at - timezone.now()).total_seconds())
        lease_ends(row)
    assert [round(wait) for wait in waits] == [5, 10, 20]


def test_a_claim_ends_soon_after_its_worker() -> None:
    due_at = claimed(waiting()).due_at
    assert due_at <= timezone.now() + dt.timedelta(seconds=30)  # and a sweep comes within 15 s


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_kept_while_the_work_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORK_LEASE_SECONDS = 60  # no stall of the machine is as long
    monkeypatch.setattr(steps, "RENEWALS_A_LEASE", 1200)
    row = waiting()
    mine = claimed(row)
    with steps.keeping(mine, deadline_s=60):
        for _ in range(3):
            lease_ends(row)
            until(lambda: not steps.due(Transcription))
            assert steps.claim(Transcription, row.pk) is None
    assert steps.finish(mine, state=Step.State.READY)


@pytest.mark.django_db(transaction=True)
def test_work_that_hangs_loses_its_claim(settings: Settings) -> None:
    settings.WORK_LEASE_SECONDS = 0.3
    row = waiting()
    with steps.keeping(claimed(row), deadline_s=0.3):
        until(lambda: steps.claim(Transcription, row.pk))
    row.refresh_from_db()
    assert row.attempts == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_it() -> None:
    row, got = waiting(), []

    def try_it() -> None:
        try:
            if steps.claim(Transcription, row.pk):
                got.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [1]
