"""How many calls may be live, and how many a person may place: a mistake must not become a bill, nor a nuisance.

`call_reserve` asks inside its transaction, so that calls that start together are all counted. Without that the answer
is a forecast, as the review page shows it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from telephony.lifecycle import LIVE
from telephony.models import Call
from telephony.policy import Blocked, Check

TOO_MANY_CALLS: Final = "blocked.too_many_calls"
DAILY_CAP: Final = "blocked.daily_cap"

MAX_LIVE_TO_ONE_NUMBER: Final = 2
"""Of real telephones; a simulated callee minds no number of calls."""

DAY: Final = dt.timedelta(hours=24)
_LOCK: Final = 0x63616C6C
"""Any number that no other code gives to pg_advisory_xact_lock."""


class LimitReachedError(Exception):
    """One call more would be one too many; `blocked` says of what."""

    def __init__(self, blocked: Blocked) -> None:
        super().__init__(blocked.message)
        self.blocked = blocked


def wait_for_other_reservations() -> None:
    """Hold off everybody else who calls this, until this transaction ends.

    SQLite needs nothing: its transactions are begun as writers, one at a time (callcenter/database.py).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def checks(*, owner_id: int, to_number: str, besides: uuid.UUID | None = None) -> list[Check]:
    """Every limit for one more call of `owner_id` to this E.164 number; `besides`: a call that is not counted."""
    calls = Call.objects.exclude(pk=besides) if besides else Call.objects.all()
    live = calls.filter(state__in=LIVE)
    most_live, most_a_day = settings.MAX_LIVE_CALLS, settings.MAX_CALLS_PER_DAY
    found = [
        _check(
            f"At most {most_live} calls live at once",
            live.count() < most_live,
            TOO_MANY_CALLS,
            f"As many calls are live as may be at once ({most_live}): wait until one ends, or raise MAX_LIVE_CALLS.",
        ),
    ]
    if settings.SIMULATED:  # costs nothing, and disturbs nobody
        return found
    todays = calls.filter(owner_id=owner_id, simulated=False, created_at__gt=timezone.now() - DAY)
    return [
        *found,
        _check(
            f"At most {most_a_day} calls within 24 hours",
            todays.count() < most_a_day,
            DAILY_CAP,
            f"As many calls were placed within 24 hours as one person may ({most_a_day}): wait, or raise "
            "MAX_CALLS_PER_DAY.",
        ),
        _check(
            f"At most {MAX_LIVE_TO_ONE_NUMBER} calls live to this number",
            live.filter(to_number=to_number).count() < MAX_LIVE_TO_ONE_NUMBER,
            TOO_MANY_CALLS,
            f"{MAX_LIVE_TO_ONE_NUMBER} calls to this number are live, and more would only disturb: wait until "
            "one ends.",
        ),
    ]


def refuse_beyond_limits(call: Call) -> None:
    """Raise LimitReachedError when this call, written in this transaction, is one too many."""
    found = checks(owner_id=call.owner_id, to_number=call.to_number, besides=call.pk)
    blocked = next((check.blocked for check in found if check.blocked), None)
    if blocked:
        raise LimitReachedError(blocked)


def _check(name: str, passed: bool, code: str, message: str) -> Check:
    return Check(name, None if passed else Blocked(code, message))
