"""How long a provider wants to be left alone."""

from __future__ import annotations

import pytest

from telephony.retrying import failure_of_status, retry_after_s

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "seconds"), [("", None), ("86400", 86400.0), ("soon", None), ("-5", None)]
)
def test_retry_after_is_read(header: str, seconds: float | None) -> None:
    assert retry_after_s(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert retry_after_s("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (408, True), (409, True), (429, True), (503, True)]
)
def test_some_statuses_may_go_away(status: int, again: bool) -> None:
    failure = failure_of_status("Busy.", status, {"Retry-After": "3"})
    assert (str(failure), failure.again, failure.retry_after_s) == ("Busy.", again, 3.0)
