"""The record of one call as Twilio keeps it: its parameters, its status, and its JSON."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

API_VERSION = "2010-04-01"


class Status(StrEnum):
    """Status of a call; the word `initiated` exists in callbacks only."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def final(self) -> bool:
        """Nothing changes any more."""
        return self not in (Status.QUEUED, Status.RINGING, Status.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the TwiML comes from: inline (`twiml`), or fetched from `url`."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What the caller of POST /Calls asked for, checked."""

    to: str
    from_: str
    target: Target
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    status_callback_events: frozenset[str] = frozenset({"completed"})
    timeout_s: int = 60
    time_limit_s: int = 14400


def new_sid(prefix: str) -> str:
    """A fresh sid: CA (call), MZ (stream), ... and 32 hex digits. Never seeded: sids outlive a simulator."""
    return prefix + secrets.token_hex(16)


def rfc2822(moment: datetime | None) -> str | None:
    """Twilio's date format in REST answers and callbacks, e.g. `Tue, 31 Aug 2010 20:36:28 +0000`."""
    return None if moment is None else format_datetime(moment)


@dataclass(slots=True)
class SimCall:
    """One call. `statuses` has every status with its time in ms on the world's clock."""

    account_sid: str
    request: CallRequest
    queue_time_ms: int
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: Status = Status.QUEUED
    statuses: list[tuple[Status, float]] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    answered_at_ms: float | None = None
    duration_s: int | None = None
    ended_by: str = ""
    sip_code: int | None = None

    def advance(self, status: Status, at_ms: float) -> None:
        """Move on to `status`; a final one also fixes the duration."""
        self.status = status
        self.statuses.append((status, at_ms))
        self.updated = datetime.now(UTC)
        if status is Status.IN_PROGRESS:
            self.started = self.updated
            self.answered_at_ms = at_ms
        elif status.final:
            self.ended = self.updated
            self.started = self.started or self.updated
            talked_ms = 0.0 if self.answered_at_ms is None else at_ms - self.answered_at_ms
            self.duration_s = round(talked_ms / 1000)

    @property
    def duration_min(self) -> int:
        """Minutes begun, as they are billed."""
        return math.ceil((self.duration_s or 0) / 60)

    def as_json(self) -> dict[str, object]:
        """The Call resource; duration and queue_time are strings, what is unknown is null."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        subresources = (
            "notifications",
            "recordings",
            "payments",
            "events",
            "siprec",
            "streams",
            "transcriptions",
            "user_defined_message_subscriptions",
            "user_defined_messages",
        )
        return {
            "sid": self.sid,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "parent_call_sid": None,
            "account_sid": self.account_sid,
            "to": self.request.to,
            "to_formatted": _formatted(self.request.to),
            "from": self.request.from_,
            "from_formatted": _formatted(self.request.from_),
            "phone_number_sid": None,
            "status": str(self.status),
            "start_time": rfc2822(self.started),
            "end_time": rfc2822(self.ended),
            "duration": None if self.duration_s is None else str(self.duration_s),
            "price": None,
            "price_unit": "USD",
            "direction": "outbound-api",
            "answered_by": None,
            "api_version": API_VERSION,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": str(self.queue_time_ms),
            "trunk_sid": None,
            "uri": f"{uri}.json",
            "subresource_uris": {name: f"{uri}/{_path_name(name)}.json" for name in subresources},
        }

    def webhook_params(self) -> dict[str, str]:
        """What every webhook about this call carries; the blank ones are sent, and signed, too."""
        params = {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": str(self.status),
            "Direction": "outbound-api",
        }
        to, from_ = self.request.to, self.request.from_
        for role, number in {"Called": to, "To": to, "Caller": from_, "From": from_}.items():
            params[role] = number
            params[f"{role}City"] = ""
            params[f"{role}State"] = ""
            params[f"{role}Zip"] = ""
            params[f"{role}Country"] = "US" if number.startswith("+1") else ""
        return params


def _formatted(number: str) -> str:
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def _path_name(subresource: str) -> str:
    return "".join(word.capitalize() for word in subresource.split("_"))
