"""What a Twilio account may do, asked without any effect on it.

Sources: Twilio API reference "Accounts", "IncomingPhoneNumber resource", "OutgoingCallerIds resource".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.twilio.transport import sdk_client, translated


@dataclass(frozen=True, slots=True)
class Account:
    """`status` is `active`, `suspended` or `closed`; a trial account calls verified numbers only."""

    status: str
    is_trial: bool


class Caller(StrEnum):
    """What a number is to an account that wants to call from it."""

    OWNED = "owned"
    VERIFIED = "verified"
    """Somebody else's, who let the account call from it."""
    CANNOT_CALL = "cannot_call"
    """Owned, but not for voice."""
    UNKNOWN = "unknown"


def fetch_account(account_sid: str, auth_token: str, *, base_url: str, timeout_s: float) -> Account:
    """The account itself: one request.

    Raises:
        TelephonyError: the credentials are wrong, or Twilio could not be asked.
    """
    client = sdk_client(account_sid, auth_token, base_url, timeout_s)
    with translated():
        account = client.api.v2010.accounts(account_sid).fetch()
        return Account(status=str(account.status), is_trial=account.type == "Trial")


def caller_kind(account_sid: str, auth_token: str, number: str, *, base_url: str, timeout_s: float) -> Caller:
    """Whether the account may call from an E.164 number: one request, two for a number it does not own.

    Raises:
        TelephonyError: as `fetch_account`.
    """
    client = sdk_client(account_sid, auth_token, base_url, timeout_s)
    with translated():
        for owned in client.incoming_phone_numbers.list(phone_number=number, limit=1):
            return Caller.OWNED if owned.capabilities.get("voice") is True else Caller.CANNOT_CALL
        if client.outgoing_caller_ids.list(phone_number=number, limit=1):
            return Caller.VERIFIED
    return Caller.UNKNOWN
