"""How a call to each scenario of the simulator has to end."""

from __future__ import annotations

ANSWERED = {
    "clerk": "agent_ended",
    "haggler": "agent_ended",
    "interrupter": "agent_ended",
    "ivr": "agent_ended",
    "ivr_loop": "ivr_stuck",
    "hold": "agent_ended",
    "voicemail": "voicemail_left",
    "silent": "silence_timeout",
    "hangs_up_midway": "callee_hung_up",
    "hangs_up_at_once": "callee_hung_up",
    "wrong_number": "agent_ended",
    "long_greeting": "agent_ended",
    "talks_over": "agent_ended",
    "presses_keys": "agent_ended",
    "slow_answer": "agent_ended",
}
"""Scenarios that pick up, and the `ended_reason` of the completed call."""

UNANSWERED = {
    "busy": ("busy", "busy", "busy"),
    "no_answer": ("no_answer", "no_answer", "no-answer"),
    "failed": ("failed", "invalid_number", "failed"),
    "declined": ("failed", "callee_declined", "failed"),
    "failed_server": ("failed", "carrier_rejected", "failed"),
    "stopped": ("canceled", "operator_ended", "canceled"),
}
"""Calls that nobody picks up: our state, `ended_reason` and what Twilio says."""

REFUSED = {
    "rate_limited": (502, "carrier_rate_limited"),
    "concurrency": (502, "carrier_rate_limited"),
    "geo": (422, "geo_permission_denied"),
    "unverified": (422, "trial_number_unverified"),
}
"""Calls that Twilio does not even take: the status of our answer, and its code."""
