"""Whether a lost agent is worth another connection: twice in a call, and never at the price of a long silence."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RECONNECTS = 2
MAX_PLANNED = 12
"""Sessions that reached their longest duration: a day of them."""

BUDGET_MS = 5500
"""After this long without an agent there is no further try: the person called must not wait in silence for 10 s, and
a try that finds nobody takes 3 s."""

_WAITS_MS = (200.0, 800.0)

# Errors that another session would only repeat (Deepgram docs, "Voice Agent errors").
HOPELESS = frozenset(
    {
        "INVALID_SETTINGS",
        "UNPARSABLE_CLIENT_MESSAGE",
        "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS",
        "SETTINGS_ALREADY_APPLIED",
        "USER_AUDIO_FORMAT",
        "NON_EXISTENT_FUNCTION_CALLED",
        "AGENT_ID_NOT_SUPPORTED",
        "INVALID_AGENT_ID",
    }
)

SESSION_TOO_LONG = frozenset({"MAXIMUM_SESSION_LENGTH_APPROACHING", "MAXIMUM_SESSION_LENGTH_REACHED"})
"""Deepgram ends every session after two hours; the next one is no failure."""

_LLM_FAILED = "FAILED_TO_THINK"


@dataclass(frozen=True, slots=True)
class Loss:
    """Why an agent is lost, in words. `permanent`: another one would fare no better."""

    detail: str
    permanent: bool = False
    ended_reason: str = "error.deepgram"
    """How the call ends when no other agent follows."""


def told_by_agent(code: str, description: str) -> Loss:
    """What an Error message of the agent says about its loss."""
    if code in HOPELESS:  # it is about what we sent, and may quote Settings with all that is private in them
        return Loss(code, permanent=True)
    reason = "error.llm" if code == _LLM_FAILED else "error.deepgram"
    return Loss(f"{code}: {description}", ended_reason=reason)


class Recovery:
    """Follows the agent's connections of one call. Times are ms on the call clock."""

    def __init__(self, now_ms: float = 0.0) -> None:
        self._reconnects = 0
        self._planned = 0
        self._down_since_ms: float | None = now_ms

    @property
    def is_spent(self) -> bool:
        """Whether the next loss is the last."""
        return self._reconnects >= MAX_RECONNECTS

    def ready(self) -> None:
        """The agent is there."""
        self._down_since_ms = None

    def next_wait_ms(
        self, now_ms: float, *, since_ms: float, permanent: bool, planned: bool = False
    ) -> float | None:
        """The agent is gone, perhaps since `since_ms`: how long to wait before another connection; None to give up."""
        if planned and self._planned < MAX_PLANNED:
            self._planned += 1
            return 0.0
        if self._down_since_ms is None:
            self._down_since_ms = since_ms
        if permanent or self.is_spent or now_ms - self._down_since_ms > BUDGET_MS:
            return None
        self._reconnects += 1
        return _WAITS_MS[self._reconnects - 1]
