"""The words of the call page for states, lengths and moments."""

from __future__ import annotations

from tasks_app.clock_time import clock_time
from tasks_app.receivers import STATUS
from tasks_app.templatetags.display import STATUSES
from telephony.lifecycle import State

STATE_WORDS: dict[str, str] = {
    State.RESERVED: "Getting ready",
    State.PLACING: "Dialling",
    State.UNKNOWN: "Dialling: Twilio has not confirmed it yet",
    State.QUEUED: "Dialling: Twilio has the call",
    State.RINGING: "Ringing",
    State.IN_PROGRESS: "On the phone",
    State.ENDING: "Hanging up",
    State.COMPLETED: "Call over",
    State.BUSY: "Busy",
    State.NO_ANSWER: "No answer",
    State.FAILED: "Failed",
    State.CANCELED: "Cancelled",
}

STATE_BADGES: dict[str, tuple[str, str]] = {
    state: (status, STATUSES[status].glyph) for state, status in STATUS.items()
}
"""(tone, glyph): those of the status that the task has meanwhile."""

SIDE_WORDS = [("mixed", "Both sides"), ("inbound", "Callee"), ("outbound", "Agent")]
"""The files of a recording, and what they hold."""


def clock(ms: int) -> str:
    """A moment of the call or its length, as m:ss or h:mm:ss."""
    return clock_time(max(ms, 0) // 1000)


def in_seconds(ms: float) -> str:
    """A short time: 0.25 s, 1.2 s, 34 s."""
    s = ms / 1000
    if s < 1:
        return f"{s:.2f} s"
    return f"{s:.1f} s" if s < 10 else f"{s:.0f} s"
