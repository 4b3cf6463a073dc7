"""One call and everybody who has something to say about it. Every report takes its real way.

Twilio's are signed HTTP requests, ours go through the functions that live calls use, and what we ask of Twilio goes to
a server on loopback.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

from django.db import connections
from django.db.models import F

from telephony import placing, services, sweeper
from telephony.lifecycle import LIVE, Event
from telephony.models import Call
from telephony.twilio.errors import TelephonyError
from tests.telephony.account import TALKED_S, Account, Reply
from tests.telephony.rows import new_call
from tests.telephony.webhook_posts import post

_numbers = itertools.count(1)


class Phone:
    """One call, and everybody who has something to say about it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        account.reset()
        self.call = new_call()
        self.sid = account.sid = f"CA{next(_numbers):032x}"

    def forget(self) -> None:
        """Leave no live call behind: the sweeper looks at all of them."""
        Call.objects.filter(pk=self.call.pk, state__in=LIVE).delete()

    def dial(self, reply: Reply, during: Callable[[], None] = lambda: None) -> None:
        """Place the call; `during` happens while Twilio's answer is on its way."""
        failures: list[Exception] = []

        def in_twilios_thread() -> None:
            try:
                during()
            except Exception as error:
                failures.append(error)
            finally:
                connections.close_all()

        self.account.reply, self.account.during_create = reply, in_twilios_thread
        try:
            placing.place(self.call.pk)
        except TelephonyError:
            assert reply is Reply.REFUSED
        assert failures == []

    def status(self, status: str, *, sid: str = "") -> None:
        """Twilio's status callback; `sid`: when it is about another call."""
        ended = {"CallDuration": str(TALKED_S)} if status == "completed" else {}
        assert self._post("status", CallSid=sid or self.sid, CallStatus=status, **ended) == 204

    def voice(self) -> None:
        """Twilio asks what to do with the answered call."""
        assert self._post("voice", CallSid=self.sid, CallStatus="in-progress") == 200

    def stream_error(self) -> None:
        """Twilio could not connect its stream."""
        fields = {"StreamEvent": "stream-error", "StreamError": "31920"}
        assert self._post("stream-status", CallSid=self.sid, **fields) == 204

    def stream(self, generation: int = 1, owner: str = "us") -> Call | None:
        """A media socket has shown the token of this generation."""
        assert services.call_identify(call_id=self.call.pk, call_sid=self.sid)
        sid = f"MZ{next(_numbers)}"
        return services.stream_claim(call_id=self.call.pk, generation=generation, stream_sid=sid, owner=owner)

    def session_ends(self, reason: str) -> None:
        """The session that holds the audio is over: hung up, lost, given up by its agent."""
        services.call_advance(call_id=self.call.pk, event=Event.END, reason=reason)
        placing.hang_up(self.call.pk)

    def stop(self) -> None:
        """Somebody presses the button."""
        placing.stop(self.call.pk, by="owner")

    def sweep(self, after_s: int) -> None:
        """The sweeper comes by when the last news is `after_s` old."""
        age = dt.timedelta(seconds=after_s)
        times = ("created_at", "placed_at", "answered_at", "lease_expires_at")
        live = Call.objects.filter(pk=self.call.pk, state__in=LIVE)
        live.update(**{name: F(name) - age for name in times})
        sweeper.sweep()

    def sweep_until_over(self) -> None:
        """The sweeper comes by now and then; the third time nothing may be left to do."""
        for _ in range(3):
            if not Call.objects.get(pk=self.call.pk).is_live:
                return
            self.sweep(130)
        assert not Call.objects.get(pk=self.call.pk).is_live

    def _post(self, webhook: str, **fields: str) -> int:
        return post(f"/twilio/{webhook}", self.call.pk, **fields).status_code
