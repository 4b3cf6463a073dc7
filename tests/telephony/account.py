"""Twilio's REST API for an account with one call in it, that says of this call whatever a test wants said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from enum import Enum, auto
from typing import Any

from django.utils import timezone
from pytest_django import Settings

from tests.telephony.rows import NUMBER
from tests.telephony.twilio.rest_server import Exchange, hangs_up, refuses, replies, serving
from tests.telephony.webhook_posts import use_account

TALKED_S = 21
"""How long an answered call lasted, Twilio says at its end."""


class Reply(Enum):
    """What becomes of the request to place a call."""

    ACCEPTED = auto()
    REFUSED = auto()
    LOST = auto()  # the call is placed, the answer does not arrive
    BROKEN = auto()  # no call is placed, and the answer does not say so


class Account:
    """The call is placed by the first request that is not refused; `status` and `duration_s` are what is told of it."""

    def __init__(self) -> None:
        self.sid = "CA" + "0" * 32
        self.reset()

    def reset(self) -> None:
        """No call, no request so far."""
        self.reply = Reply.ACCEPTED
        self.during_create: Callable[[], None] = lambda: None
        self.status = "queued"
        self.duration_s: int | None = None
        self.creates = 0
        self.is_placed = False
        self.wanted: list[str] = []

    def tells(self, status: str) -> None:
        """From now on the call has this status. REST calls `queued` what callbacks call `initiated`."""
        self.status = "queued" if status == "initiated" else status
        self.duration_s = TALKED_S if status == "completed" else None

    def play(self, exchange: Exchange) -> None:
        """Twilio: Call resource; create, list, fetch, update."""
        request = exchange.server.received.pop()
        if not request.path.endswith("/Calls.json"):
            self.wanted += [value for name, value in request.form if name == "Status"]
            found = replies(200, self._call()) if self.is_placed else refuses(404, 20404)
            found(exchange)
        elif request.method == "GET":
            replies(200, {"calls": [self._call()] if self.is_placed else [], "page": 0, "page_size": 50})(
                exchange
            )
        else:
            self.creates += 1
            self.is_placed |= self.reply in {Reply.ACCEPTED, Reply.LOST}
            self.during_create()
            answers = {
                Reply.ACCEPTED: replies(201, self._call()),
                Reply.REFUSED: refuses(400, 21215),
                Reply.LOST: hangs_up,
                Reply.BROKEN: refuses(500, 20500),
            }
            answers[self.reply](exchange)

    def _call(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "status": self.status,
            "duration": None if self.duration_s is None else str(self.duration_s),
            "date_created": format_datetime(timezone.now()),
            "to": NUMBER,
        }


@contextmanager
def open_account(settings: Settings) -> Iterator[Account]:
    """A running account, and this server configured to use it."""
    use_account(settings)
    account = Account()
    with serving(account.play) as server:
        settings.TWILIO_API_BASE_URL = server.url
        yield account
