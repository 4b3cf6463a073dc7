"""Checks of what lies outside: our own public address, Twilio and Deepgram. Each asks without any effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.conf import settings

from callcenter.readiness.http import TIMEOUT_S, Unanswered, get
from callcenter.readiness.report import Check, State
from telephony.base_urls import without_version
from telephony.twilio.account import Caller, caller_kind, fetch_account
from telephony.twilio.errors import TelephonyError

_TWILIO_VARIABLES: Final = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER")
_OR_SIMULATE: Final = (
    "or leave those of Twilio and Deepgram empty and start with `manage.py up`, which simulates both."
)
_IN_CONSOLE: Final = "in the Twilio console"


def twilio_is_configured() -> bool:
    """Whether all of its variables are set."""
    return not _not_set(*_TWILIO_VARIABLES)


def public_addresses() -> Iterator[Check]:
    """That Twilio would find us: https, and our own server behind it."""
    if settings.SIMULATED:
        message = "Not needed: the simulator is on this machine."
        yield Check("public_base_url", State.SKIPPED, message)
        return
    yield _public("PUBLIC_BASE_URL", settings.PUBLIC_BASE_URL)
    if settings.MEDIA_BASE_URL != settings.PUBLIC_BASE_URL:
        yield _public("MEDIA_BASE_URL", settings.MEDIA_BASE_URL)


def _public(variable: str, url: str) -> Check:
    name = variable.lower()
    if not url:
        fix = f"Set {variable} to the https address at which Twilio reaches this server, as of a tunnel."
        return Check(name, State.MISSING, f"{variable} is not set: Twilio could not reach this server.", fix)
    if not url.startswith("https://"):
        fix = f"Put a TLS proxy or a tunnel in front, and set {variable}=https://..."
        return Check(name, State.BROKEN, f"{variable} is not https: Twilio will not connect the audio.", fix)
    fix = f"Start the server and its proxy or tunnel, and let {variable} lead to it; try {url}/health in a browser."
    try:
        answer = get(f"{url}/health")
    except Unanswered as error:
        return Check(name, State.BROKEN, f"{url} {error}.", fix)
    if (answer.status, answer.body) != (200, {"status": "ok"}):
        return Check(name, State.BROKEN, f"{url} does not lead to this server ({answer.status}).", fix)
    return Check(name, State.OK, f"{url} leads to this server.")


def twilio() -> Iterator[Check]:
    """The account, by its credentials, and the number, by what it may do."""
    missing = _not_set("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    if missing:
        yield Check("twilio_account", State.MISSING, _are_not_set(missing), _set_them(missing))
        yield _number_unasked()
        return
    account = _twilio_account()
    yield account
    yield _twilio_number() if account.state is State.OK else _number_unasked()


def _number_unasked() -> Check:
    missing = _not_set("TWILIO_PHONE_NUMBER")
    if missing:
        return Check("twilio_number", State.MISSING, _are_not_set(missing), _set_them(missing))
    return Check("twilio_number", State.SKIPPED, "Not known while the account cannot be used.")


def _twilio_account() -> Check:
    sid, token, url = settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE_URL
    try:
        account = fetch_account(sid, token, base_url=url, timeout_s=TIMEOUT_S)
    except TelephonyError as error:
        return _refused("twilio_account", error)
    if account.status != "active":
        fix = f"See the account's status and balance {_IN_CONSOLE}."
        return Check("twilio_account", State.BROKEN, f"The Twilio account is {account.status}.", fix)
    if settings.SIMULATED:
        return Check("twilio_account", State.OK, "Simulated: no telephone rings.")
    only = " It is a trial account, which calls verified numbers only." if account.is_trial else ""
    return Check("twilio_account", State.OK, f"Twilio accepts the credentials.{only}")


def _twilio_number() -> Check:
    name = "twilio_number"
    if missing := _not_set("TWILIO_PHONE_NUMBER"):
        return Check(name, State.MISSING, _are_not_set(missing), _set_them(missing))
    sid, token, url = settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE_URL
    try:
        kind = caller_kind(sid, token, settings.TWILIO_PHONE_NUMBER, base_url=url, timeout_s=TIMEOUT_S)
    except TelephonyError as error:
        return _refused(name, error)
    match kind:
        case Caller.OWNED:
            return Check(name, State.OK, "TWILIO_PHONE_NUMBER is the account's, and may place calls.")
        case Caller.VERIFIED:
            return Check(name, State.OK, "TWILIO_PHONE_NUMBER is verified as a caller id of the account.")
        case Caller.CANNOT_CALL:
            fix = f"Buy a number with voice {_IN_CONSOLE}, and set TWILIO_PHONE_NUMBER to it."
            return Check(name, State.BROKEN, "TWILIO_PHONE_NUMBER has no voice: it cannot place calls.", fix)
        case Caller.UNKNOWN:
            fix = (
                f"Set TWILIO_PHONE_NUMBER to a number that is listed {_IN_CONSOLE}, with + and country code."
            )
            return Check(name, State.BROKEN, "TWILIO_PHONE_NUMBER is not a number of the account.", fix)


def _refused(name: str, error: TelephonyError) -> Check:
    fix = error.fix or "try again"
    return Check(name, State.BROKEN, f"{error.problem}.", f"{fix[:1].upper()}{fix[1:]}.")


def voice_agent() -> Iterator[Check]:
    """Whether an agent speaks, and with what."""
    if not settings.DEEPGRAM_VOICE_AGENT_ENABLED:
        message = "DEEPGRAM_VOICE_AGENT_ENABLED=false: calls are held and recorded, and no agent speaks."
        yield Check("voice_agent", State.SKIPPED, message)
        return
    provider, model = settings.DEEPGRAM_VOICE_AGENT_THINK_PROVIDER, settings.DEEPGRAM_VOICE_AGENT_THINK_MODEL
    if provider == "groq" and not (settings.DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_URL or settings.GROQ_API_KEY):
        fix = "Set GROQ_API_KEY, or choose another DEEPGRAM_VOICE_AGENT_THINK_PROVIDER."
        yield Check(
            "voice_agent", State.MISSING, "The agent thinks with Groq, and GROQ_API_KEY is not set.", fix
        )
        return
    listens, speaks = settings.DEEPGRAM_VOICE_AGENT_LISTEN_MODEL, settings.DEEPGRAM_VOICE_AGENT_SPEAK_MODEL
    yield Check("voice_agent", State.OK, f"{listens} listens, {model} ({provider}) thinks, {speaks} speaks.")


def deepgram() -> Iterator[Check]:
    """The key, and what it is used for besides the agent."""
    yield _deepgram_key()
    if not settings.POST_CALL_TRANSCRIPTION:
        message = "POST_CALL_TRANSCRIPTION=false: what was heard live is the transcript."
        yield Check("transcription", State.SKIPPED, message)
    elif not settings.DEEPGRAM_API_KEY:
        yield Check("transcription", State.SKIPPED, "Without a key what was heard live is the transcript.")
    else:
        yield Check("transcription", State.OK, "Recordings are transcribed after the call.")


def _deepgram_key() -> Check:
    name, key = "deepgram_key", settings.DEEPGRAM_API_KEY
    if not key:
        if not settings.DEEPGRAM_VOICE_AGENT_ENABLED:
            return Check(name, State.SKIPPED, "DEEPGRAM_API_KEY is not set, and no agent speaks.")
        return Check(name, State.MISSING, "DEEPGRAM_API_KEY is not set.", _set_them(["DEEPGRAM_API_KEY"]))
    base = without_version(settings.DEEPGRAM_API_BASE_URL)
    try:
        answer = get(f"{base}/v1/projects", {"Authorization": f"Token {key}"})
    except Unanswered as error:
        fix = "Check this machine's network and DEEPGRAM_API_BASE_URL."
        return Check(name, State.BROKEN, f"Deepgram {error}.", fix)
    match answer.status:
        case 200 if isinstance(answer.body, dict) and "projects" in answer.body:
            return Check(name, State.OK, "Simulated." if settings.SIMULATED else "Deepgram accepts the key.")
        case 401:
            fix = "Set DEEPGRAM_API_KEY to a key of the Deepgram console."
            return Check(name, State.BROKEN, "Deepgram does not accept DEEPGRAM_API_KEY.", fix)
        case 403:  # the key is right, and its role is a small one
            message = "Deepgram knows the key; whether its role allows calls shows at the first one."
            return Check(name, State.OK, message)
    fix = "Try again in a few minutes, and check DEEPGRAM_API_BASE_URL."
    return Check(name, State.BROKEN, f"Deepgram answered {answer.status} to a check of the key.", fix)


def _not_set(*names: str) -> list[str]:
    return [name for name in names if not getattr(settings, name)]


def _are_not_set(names: list[str]) -> str:
    return f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} not set."


def _set_them(names: list[str]) -> str:
    return f"Set {' and '.join(names)} in .env, {_OR_SIMULATE}"
