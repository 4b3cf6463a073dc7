"""Twilio's refusals, told to the person who started the call ("REST API: error and warning dictionary")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class TelephonyError(Exception):
    """Twilio did not do what was asked. The text is a sentence for the user and holds no number of anybody.

    `problem` is what is wrong and `fix` what to do about it, "" where nothing is known; neither ends with a full stop.
    `code` is a key of `ENDED_REASONS`; `permanent` means that asking again cannot help; `ambiguous` means
    that the call may have been placed all the same, so it must never be asked for again.
    """

    def __init__(
        self, problem: str, fix: str = "", *, code: str, permanent: bool, ambiguous: bool = False
    ) -> None:
        super().__init__(f"{problem}: {fix}." if fix else f"{problem}.")
        self.problem = problem
        self.fix = fix
        self.code = code
        self.permanent = permanent
        self.ambiguous = ambiguous


class UnknownCallError(TelephonyError):
    """Twilio does not know a call, or does not know it any more."""

    def __init__(self) -> None:
        super().__init__("Twilio does not know this call any more", code="error.twilio", permanent=True)


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    permanent: bool
    problem: str
    fix: str = ""


_CREDENTIALS = _Meaning(
    "error.twilio",
    True,
    "Twilio does not accept the account's credentials",
    "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
)
_ACCOUNT_INACTIVE = _Meaning(
    "error.twilio",
    True,
    "The Twilio account is not active",
    "check its status and balance in the Twilio console",
)
_CALLER_ID = _Meaning(
    "error.twilio",
    True,
    "Twilio does not let us call from TWILIO_PHONE_NUMBER",
    "set a number the account owns",
)
_WEBHOOK = _Meaning(
    "error.twilio",
    True,
    "Twilio cannot use our webhook's address",
    "PUBLIC_BASE_URL must be a public https:// one",
)
_OUR_REQUEST = _Meaning(
    "error.twilio", True, "Twilio does not accept how the call was asked for", "please report it"
)
_NOT_A_NUMBER = _Meaning("invalid_number", True, "Twilio does not know this phone number", "check its digits")
_TOO_MANY = _Meaning(
    "carrier_rate_limited", False, "Twilio has too many requests of ours", "try again in a minute"
)
_TROUBLE = _Meaning("error.twilio", False, "Twilio has trouble of its own", "try again in a few minutes")
_NOT_FOUND = _Meaning(
    "error.twilio",
    True,
    "Twilio does not know this account or call",
    "check TWILIO_ACCOUNT_SID and its console",
)

_MEANINGS: Final = {
    10001: _ACCOUNT_INACTIVE,
    10002: _Meaning(
        "error.twilio", True, "A Twilio trial account may not do this", "upgrade it in the Twilio console"
    ),
    10004: _Meaning(
        "carrier_rate_limited", False, "The Twilio account has too many calls at once", "try again later"
    ),
    20003: _CREDENTIALS,
    20005: _ACCOUNT_INACTIVE,
    20404: _NOT_FOUND,
    20429: _TOO_MANY,
    20500: _TROUBLE,
    20503: _TROUBLE,
    21201: _NOT_A_NUMBER,
    21205: _WEBHOOK,
    21206: _OUR_REQUEST,
    21208: _OUR_REQUEST,
    21209: _OUR_REQUEST,
    21210: _CALLER_ID,
    21211: _NOT_A_NUMBER,
    21212: _CALLER_ID,
    21213: _CALLER_ID,
    21214: _Meaning(
        "invalid_number", True, "The carriers cannot reach this phone number", "check its digits"
    ),
    21215: _Meaning(
        "geo_permission_denied",
        True,
        "The Twilio account may not call this country",
        "allow it in the console's voice geographic permissions",
    ),
    21216: _Meaning("carrier_rejected", True, "Twilio blocks calls to this phone number", "ask Twilio why"),
    21217: _NOT_A_NUMBER,
    21218: _OUR_REQUEST,
    21219: _Meaning(
        "trial_number_unverified",
        True,
        "A Twilio trial account may call verified numbers only",
        "verify this one in the console, or upgrade",
    ),
    21220: _Meaning("error.twilio", True, "The call is over, or not yet far enough for this"),
}

_HTTP_MEANINGS: Final = {401: _CREDENTIALS, 403: _CREDENTIALS, 404: _NOT_FOUND, 429: _TOO_MANY}

_MAYBE_PLACED: Final = (
    "Twilio did not confirm the call, but may have placed it",
    "it is not dialled again until that is known",
)


def refusal(*, status: int, twilio_code: int | None, creating: bool) -> TelephonyError:
    """What an HTTP error of Twilio's API means. `creating`: the request was to place a call."""
    server_error = status >= 500 or status == 408
    if creating and server_error:
        return unconfirmed()
    meaning = _MEANINGS.get(twilio_code or status) or _HTTP_MEANINGS.get(status)
    if meaning is None and server_error:
        meaning = _TROUBLE
    if meaning is None:
        page = f", see https://www.twilio.com/docs/errors/{twilio_code}" if twilio_code else ""
        problem = f"Twilio refused with error {twilio_code or status}{page}"
        meaning = _Meaning("error.twilio", 400 <= status < 500, problem)
    return TelephonyError(meaning.problem, meaning.fix, code=meaning.code, permanent=meaning.permanent)


def unconfirmed() -> TelephonyError:
    """The request to place a call may have reached Twilio; no answer that can be read came back."""
    return TelephonyError(*_MAYBE_PLACED, code="error.twilio", permanent=False, ambiguous=True)


def unreachable() -> TelephonyError:
    """The request never left: no connection, no such host, or a certificate that is not Twilio's."""
    return TelephonyError(
        "Twilio cannot be reached from this server",
        "check its network and TWILIO_API_BASE_URL",
        code="error.twilio",
        permanent=False,
    )


def unanswered() -> TelephonyError:
    """A request that is safe to repeat got no answer that can be read."""
    return TelephonyError("Twilio did not answer", "try again", code="error.twilio", permanent=False)
