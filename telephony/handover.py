"""Between two streams of a call: how long the next one may take, and why the call ends when none comes."""

from __future__ import annotations

GRACE_MS = 2000.0
"""How long a stream that we did not end may be away before the call is ending."""

REDIRECT_MS = 12_000.0
"""How long the next stream may take after we have asked for it, beyond the keys that are pressed before it."""

KEY_MS = 1000.0
"""A key with its pause, or Twilio's longest wait, takes no longer."""


class Handover:
    """Whether there is a stream, and until when another one is waited for. Times are ms on the call clock."""

    def __init__(self) -> None:
        self._allowed_ms = GRACE_MS
        self._since_ms: float | None = None
        self._reason = ""
        self._expects = False

    def expect(self, keys: int = 0) -> None:
        """We are about to have the stream replaced, after so many keys."""
        self._allowed_ms = REDIRECT_MS + keys * KEY_MS
        self._expects = True

    def expect_nothing(self) -> None:
        """The stream is not going to be replaced after all."""
        self._allowed_ms = GRACE_MS
        self._expects = False

    def attached(self) -> None:
        """There is a stream."""
        self._since_ms = None
        self._allowed_ms = GRACE_MS
        self._expects = False

    def lost(self, reason: str, now_ms: float) -> None:
        """The stream is gone; `reason` is why the call ends, should no other one come."""
        self._since_ms, self._reason = now_ms, reason

    def has_begun(self) -> bool:
        """Whether the stream that we wanted replaced is gone, or was replaced already."""
        return self.is_away() or not self._expects

    def is_away(self) -> bool:
        """Whether a stream is waited for."""
        return self._since_ms is not None

    def given_up(self, now_ms: float, *, is_over: bool = False) -> str:
        """The reason to end the call now, or empty. `is_over`: Twilio says that nothing will come."""
        if self._since_ms is None:
            return ""
        return self._reason if is_over or now_ms - self._since_ms >= self._allowed_ms else ""
