"""Two processes at one call: the second does its whole work between any two statements of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from telephony.lifecycle import State
from telephony.models import Call
from tests.telephony.account import Account, Reply
from tests.telephony.phone import Phone

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

Work = Callable[[Phone], object]


class Interruption:
    """Runs `work`, as another process would, before the statement with this number of those that wait for nobody.

    Those inside a transaction do not count: they hold locks, so the other process would wait for them.
    """

    def __init__(self, number: int, work: Callable[[], object]) -> None:
        self._left = number
        self._work = work
        self.happened = False

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        if not self.happened and not _in_transaction():
            self._left -= 1
            if self._left < 0:
                self.happened = True
                with ThreadPoolExecutor(1) as other:
                    other.submit(self._work).result()
                    other.submit(connections.close_all).result()
        return execute(*statement)


def _in_transaction() -> bool:
    """Whether the database has begun one; PostgreSQL is told so with the first statement in it, SQLite before."""
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        return bool(raw.in_transaction)
    return bool(raw.info.transaction_status)


def nothing(phone: Phone) -> None:
    """The call is reserved."""


def dial(phone: Phone) -> None:
    phone.dial(Reply.ACCEPTED)


def answer(phone: Phone) -> None:
    phone.voice()
    phone.stream()


def sweep(phone: Phone) -> None:
    phone.sweep(40)


def interleavings(account: Account, first: Work, second: Work, before: Work = nothing) -> Iterator[Call]:
    """The call after each of the ways in which `second` comes between the statements of `first`."""
    number, happened = 0, True
    while happened:
        phone = Phone(account)
        before(phone)
        interruption = Interruption(number, lambda phone=phone: second(phone))  # type: ignore[misc]
        with connection.execute_wrapper(interruption):
            first(phone)
        number, happened = number + 1, interruption.happened
        if happened:
            yield Call.objects.get(pk=phone.call.pk)
        phone.forget()
    assert number > 2


@pytest.mark.parametrize(("first", "second"), [(Phone.stop, dial), (dial, Phone.stop)])
def test_a_stop_while_somebody_dials_leaves_no_phone_ringing(
    account: Account, first: Work, second: Work
) -> None:
    for call in interleavings(account, first, second):
        if account.is_placed:
            assert account.wanted
            assert call.is_live  # until Twilio says that it is over
        else:
            assert call.state == State.CANCELED


@pytest.mark.parametrize(("first", "second"), [(Phone.stop, answer), (answer, Phone.stop)])
def test_a_stop_while_somebody_answers_hangs_up(account: Account, first: Work, second: Work) -> None:
    for call in interleavings(account, first, second, before=dial):
        assert account.wanted
        assert call.stop_requested_at is not None


def test_the_sweeper_gives_no_reservation_back_that_is_being_used(account: Account) -> None:
    for call in interleavings(account, sweep, dial):
        assert call.is_live == account.is_placed
