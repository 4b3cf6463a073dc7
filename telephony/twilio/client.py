"""Twilio's REST API for calls: each method is one HTTP request with a timeout, and is never repeated here.

An answer is either true or a TelephonyError. Methods block: call them outside transactions and event loops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from telephony.twilio.errors import TelephonyError, UnknownCallError
from telephony.twilio.transport import TWILIO_URL, sdk_client, translated

CREATE_TIMEOUT_S: Final = 10.0
TIMEOUT_S: Final = 5.0
STATUS_EVENTS: Final = ["initiated", "ringing", "answered", "completed"]
MAX_FOUND: Final = 50

_CALL_SID: Final = re.compile(r"CA[0-9a-fA-F]{32}")
_NOT_IN_PROGRESS: Final = 21220
_NOT_FOUND: Final = 20404


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """Twilio's word that it has the call. `status` is `queued` as a rule."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """A call as Twilio sees it now; may lag behind its callbacks by some seconds."""

    sid: str
    status: str
    answered_by: str | None
    duration_s: int | None
    created_at: datetime | None


class TwilioClient:
    """The calls of one Twilio account. Safe to share between threads."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str = TWILIO_URL,
        create_timeout_s: float = CREATE_TIMEOUT_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._placing = sdk_client(account_sid, auth_token, base_url, create_timeout_s)
        self._client = sdk_client(account_sid, auth_token, base_url, timeout_s)

    def create_call(
        self,
        *,
        to: str,
        from_: str,
        voice_url: str,
        status_callback_url: str,
        ring_timeout_s: int,
        time_limit_s: int,
    ) -> PlacedCall:
        """Have Twilio dial `to` and ask `voice_url` what to do once it is answered.

        Raises:
            TelephonyError: no call was placed, or, when `ambiguous`, nobody knows; see there.
        """
        with translated(creating=True):
            call = self._placing.calls.create(
                to=to,
                from_=from_,
                url=voice_url,
                method="POST",
                status_callback=status_callback_url,
                status_callback_method="POST",
                status_callback_event=STATUS_EVENTS,
                timeout=ring_timeout_s,
                time_limit=time_limit_s,
            )
            return PlacedCall(sid=_sid(call), status=_status(call))

    def end_call(self, sid: str) -> None:
        """Hang up, whatever the call is doing. That it is over already is success."""
        self._finish(sid, "completed")

    def cancel_call(self, sid: str) -> None:
        """Hang up unless somebody has answered. Has no effect on a call that was answered or is over."""
        self._finish(sid, "canceled")

    def redirect_call(self, sid: str, twiml: str) -> None:
        """Let the call go on with another document; a stream that runs is stopped. 4,000 characters at most.

        Raises:
            TelephonyError: among others, the call is over.
        """
        with translated():
            self._client.calls(sid).update(twiml=twiml)

    def fetch_call(self, sid: str) -> RemoteCall:
        """How one call is now.

        Raises:
            UnknownCallError: there is no such call at Twilio.
            TelephonyError: Twilio could not be asked.
        """
        with translated():
            try:
                return _remote(self._client.calls(sid).fetch())
            except (TwilioRestException, TwilioServiceException) as error:
                if _is_unknown(error):
                    raise UnknownCallError from None
                raise

    def find_calls(self, *, to: str, from_: str, started_after: datetime) -> list[RemoteCall]:
        """The latest calls (50 at most) between two numbers that were created at or after an aware time.

        Twilio's own filter is by start time, which a queued call has not got, so the time is compared here.
        """
        with translated():
            found = [
                _remote(call)
                for call in self._client.calls.list(to=to, from_=from_, limit=MAX_FOUND, page_size=MAX_FOUND)
            ]
        floor = started_after.replace(microsecond=0)  # Twilio's times are whole seconds
        return [call for call in found if call.created_at is not None and call.created_at >= floor]

    def _finish(self, sid: str, status: str) -> None:
        with translated():
            try:
                self._client.calls(sid).update(status=status)
            except (TwilioRestException, TwilioServiceException) as error:
                if not _is_unknown(error) and error.code != _NOT_IN_PROGRESS:
                    raise


def twilio_client() -> TwilioClient:
    """The configured account's client, one per process. TelephonyError names what is not configured."""
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        if not getattr(settings, name):
            raise TelephonyError(f"{name} is not set", code="error.twilio", permanent=True)
    return _client_for(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE_URL)


@lru_cache(maxsize=4)
def _client_for(account_sid: str, auth_token: str, base_url: str) -> TwilioClient:
    return TwilioClient(account_sid, auth_token, base_url=base_url)


def _is_unknown(error: TwilioRestException | TwilioServiceException) -> bool:
    return bool((error.status, error.code) == (404, _NOT_FOUND))


def _sid(call: Any) -> str:
    if not isinstance(call.sid, str) or not _CALL_SID.fullmatch(call.sid):
        raise ValueError("the answer has no call sid")
    return call.sid


def _status(call: Any) -> str:
    if not isinstance(call.status, str) or not call.status:
        raise ValueError("the answer has no status")
    return call.status


def _remote(call: Any) -> RemoteCall:
    created_at = call.date_created  # the SDK hands a date it cannot read on as text
    return RemoteCall(
        sid=_sid(call),
        status=_status(call),
        answered_by=call.answered_by or None,
        duration_s=int(call.duration) if call.duration else None,
        created_at=created_at if isinstance(created_at, datetime) and created_at.tzinfo else None,
    )
