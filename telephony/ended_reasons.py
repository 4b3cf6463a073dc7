"""Why a call ended: every value of `Call.ended_reason`, with who ended it, whose fault it is and what to do.

How a call ended and what it achieved never mix: the outcome is the verdict's. `docs/ended-reasons.md` shows this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.lifecycle import State

MEDIA_PATIENCE_S = 5
"""An answered call that ended sooner had no time to connect its audio: that is no fault of the set-up."""


@dataclass(frozen=True, slots=True)
class EndedReason:
    """One row of the table. `fault` is "" where nobody is to blame."""

    code: str
    sentence: str
    who: str
    fault: str
    retryable: bool
    what_to_do: str


_ROWS = (
    # the person called
    (
        "callee_hung_up",
        "The other side hung up",
        "callee",
        "",
        True,
        "Read the transcript; call again if needed.",
    ),
    ("callee_declined", "The call was declined", "callee", "", True, "Try another time."),
    ("busy", "The line was busy", "callee", "", True, "Call again in a few minutes."),
    ("no_answer", "Nobody answered", "callee", "", True, "Try another time of day."),
    (
        "voicemail_left",
        "A voicemail message was left",
        "agent",
        "",
        True,
        "Wait for a call back, or call again.",
    ),
    (
        "voicemail_hung_up",
        "Voicemail answered and no message was left",
        "agent",
        "",
        True,
        "Try another time.",
    ),
    (
        "mailbox_unavailable",
        "Voicemail answered but takes no messages",
        "callee",
        "",
        True,
        "Try another time.",
    ),
    (
        "call_screened",
        "A call screener did not put the call through",
        "callee",
        "",
        True,
        "Call again; say who calls.",
    ),
    # our side
    ("agent_ended", "The agent said goodbye and hung up", "agent", "", True, "Read the verdict."),
    (
        "silence_timeout",
        "Nobody spoke for too long",
        "system",
        "callee",
        True,
        "Listen to the recording; call again.",
    ),
    ("hold_timeout", "On hold for too long", "system", "callee", True, "Call at a quieter time."),
    ("ivr_stuck", "The menu could not be passed", "system", "", True, "Add the menu's keys to the context."),
    (
        "max_duration",
        "The longest allowed duration was reached",
        "system",
        "",
        True,
        "Raise MAX_CALL_SECONDS.",
    ),
    (
        "owner_did_not_answer",
        "A question to you was not answered",
        "system",
        "owner",
        True,
        "Answer it, then call again.",
    ),
    # people on our side
    ("operator_ended", "Stopped from here", "operator", "", True, "Call again when you like."),
    ("operator_took_over", "A person took over", "operator", "", False, "Nothing."),
    ("transferred", "The call was transferred", "operator", "", False, "Nothing."),
    (
        "canceled_before_dial",
        "Stopped before the phone was dialled",
        "operator",
        "",
        True,
        "Call again when you like.",
    ),
    # policy
    (
        "blocked.outside_hours",
        "Outside calling hours",
        "policy",
        "",
        True,
        "Call within the hours of the callee's zone.",
    ),
    (
        "blocked.do_not_call",
        "The number asked not to be called",
        "policy",
        "",
        False,
        "Do not call this number.",
    ),
    (
        "blocked.not_allowlisted",
        "The number's country is not allowed",
        "policy",
        "",
        False,
        "Add it to ALLOWED_COUNTRIES.",
    ),
    (
        "blocked.premium_or_emergency",
        "Emergency, short and premium numbers are never called",
        "policy",
        "",
        False,
        "Call it yourself.",
    ),
    (
        "blocked.too_many_calls",
        "As many calls were live as may be at once",
        "policy",
        "",
        True,
        "Wait until one ends, or raise MAX_LIVE_CALLS.",
    ),
    (
        "blocked.daily_cap",
        "The daily limit of calls was reached",
        "policy",
        "",
        True,
        "Wait, or raise MAX_CALLS_PER_DAY.",
    ),
    ("blocked.budget", "The budget is used up", "policy", "", True, "Ask who set the budget."),
    (
        "blocked.sensitive_brief",
        "The brief holds data that must not be spoken",
        "policy",
        "owner",
        False,
        "Edit the task.",
    ),
    # the carrier
    ("invalid_number", "The number cannot be reached", "carrier", "owner", False, "Check the number."),
    (
        "trial_number_unverified",
        "A Twilio trial account may call verified numbers only",
        "carrier",
        "owner",
        False,
        "Verify the number at Twilio, or upgrade the account.",
    ),
    (
        "geo_permission_denied",
        "Twilio does not allow calls to this country",
        "carrier",
        "owner",
        False,
        "Allow the country in Twilio's voice geographic permissions.",
    ),
    (
        "carrier_rejected",
        "The carrier rejected the call",
        "carrier",
        "carrier",
        True,
        "Try again; then ask Twilio.",
    ),
    (
        "carrier_rate_limited",
        "Too many calls at once",
        "carrier",
        "",
        True,
        "Wait a minute, then call again.",
    ),
    # faults
    (
        "media_never_connected",
        "The call was answered but its audio never reached this server",
        "system",
        "setup",
        True,
        "Check that PUBLIC_BASE_URL is reachable from the internet over https.",
    ),
    ("media_lost", "The audio connection broke during the call", "system", "network", True, "Call again."),
    (
        "error.twilio",
        "Twilio reported an error",
        "system",
        "twilio",
        True,
        "See the call's detail; try again.",
    ),
    (
        "error.deepgram",
        "The voice agent failed",
        "system",
        "deepgram",
        True,
        "See the call's detail; try again.",
    ),
    ("error.llm", "The language model failed", "system", "llm", True, "See the call's detail; try again."),
    (
        "error.app_restart",
        "This server did not hold the call to its end",
        "system",
        "setup",
        True,
        "Call again.",
    ),
    ("unknown", "Why the call ended is not known", "system", "", True, "Listen to the recording."),
)

ENDED_REASONS: dict[str, EndedReason] = {row[0]: EndedReason(*row) for row in _ROWS}

NOT_PRODUCED = frozenset(
    {
        "mailbox_unavailable",
        "call_screened",
        "owner_did_not_answer",
        "operator_took_over",
        "transferred",
        "blocked.outside_hours",
        "blocked.do_not_call",
        "blocked.budget",
        "blocked.sensitive_brief",
    }
)
"""Set aside for what this product does not do yet: no call ends so."""


def default_reason(
    state: State, *, was_dialled: bool, stop_was_requested: bool, stream_status: str, duration_s: int
) -> str:
    """Why a call ended in `state` when nobody who knows has said so. `stream_status`: "" without a stream."""
    match state:
        case State.BUSY:
            return "busy"
        case State.NO_ANSWER:
            return "no_answer"
        case State.CANCELED:
            return "operator_ended" if was_dialled else "canceled_before_dial"
        case State.FAILED:
            return "carrier_rejected"
    if stop_was_requested:
        return "operator_ended"
    if stream_status in {"lost", "error"}:  # Twilio goes on to our <Hangup/> when the stream breaks
        return "media_lost"
    return "callee_hung_up" if stream_status or duration_s < MEDIA_PATIENCE_S else "media_never_connected"
