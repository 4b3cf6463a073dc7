"""The form of POST /Calls, checked as Twilio checks it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from multidict import MultiMapping

from simulator.twilio.calls import CallRequest, Target
from simulator.twilio.errors import TwilioError

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
MAX_TWIML_CHARS = 4000
NOT_SIMULATED = ("MachineDetection", "AsyncAmd", "Record", "SendDigits", "ApplicationSid")
"""Parameters that change what happens in a call, and that this simulator has no answer to."""

_E164 = re.compile(r"\+[1-9]\d{1,14}")
_DIALLABLE = re.compile(r"[+\d\s().-]+")
Form = MultiMapping[str]


def call_request(form: Form) -> CallRequest:
    """What to place. Raises TwilioError: 21201, 21213, 21211, 21212, 21217, 21205, 21208, 21209, 32018."""
    to = _to(form)
    return CallRequest(
        to=to,
        from_=_from(form, to),
        target=target(form) or _missing_target(),
        fallback_url=_url(form, "FallbackUrl"),
        fallback_method=_method(form, "FallbackMethod"),
        status_callback=_url(form, "StatusCallback"),
        status_callback_method=_method(form, "StatusCallbackMethod"),
        status_callback_events=_events(form),
        timeout_s=_seconds(form, "Timeout", 60, 600),
        time_limit_s=_seconds(form, "TimeLimit", 14400, 14400),
    )


def target(form: Form) -> Target | None:
    """The document asked for: Url wins over Twiml; None when there is neither."""
    url = _url(form, "Url")
    if url:
        return Target(url=url, method=_method(form, "Method"))
    document = form.get("Twiml", "")
    if len(document) > MAX_TWIML_CHARS:
        raise TwilioError(32018, f"Twiml must not be longer than {MAX_TWIML_CHARS} characters")
    return Target(twiml=document) if document else None


def unsupported(form: Form) -> list[str]:
    """Names of parameters in `form` that have no effect here and would have one at Twilio."""
    return [name for name in NOT_SIMULATED if form.get(name, "false").lower() != "false"]


def _to(form: Form) -> str:
    to = form.get("To", "").strip()
    if not to:
        raise TwilioError(21201, "No 'To' number is specified")
    if not _DIALLABLE.fullmatch(to):
        raise TwilioError(21211, f"Invalid 'To' Phone Number: {to}")
    number = "+" + re.sub(r"\D", "", to)
    digits = len(number) - 1
    if not _E164.fullmatch(number) or digits < 8 or (number.startswith("+1") and digits != 11):
        raise TwilioError(21217, f"Phone number does not appear to be valid: {to}")
    return number


def _from(form: Form, to: str) -> str:
    from_ = form.get("From", "").strip()
    if not from_:
        raise TwilioError(21213, "No 'From' number is specified")
    if not _E164.fullmatch(from_) or len(from_) < 9:
        raise TwilioError(21212, f"Invalid 'From' Phone Number: {from_}")
    if from_ == to:
        raise TwilioError(21211, "'To' and 'From' must not be the same number")
    return from_


def _missing_target() -> Target:
    raise TwilioError(21205, "Url parameter is required: give Url or Twiml")


def _url(form: Form, name: str) -> str:
    url = form.get(name, "").strip()
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        raise TwilioError(21205, f"{name} is not a valid URL: {url}")
    return url


def _method(form: Form, name: str) -> str:
    method = form.get(name, "POST").upper()
    if method not in ("GET", "POST"):
        raise TwilioError(21209, f"{name} must be GET or POST")
    return method


def _events(form: Form) -> frozenset[str]:
    return frozenset(form.getall("StatusCallbackEvent", ["completed"])) & EVENTS


def _seconds(form: Form, name: str, default: int, maximum: int) -> int:
    text = form.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= maximum:
        raise TwilioError(21208, f"{name} must be a number of seconds from 1 to {maximum}")
    return int(text)
