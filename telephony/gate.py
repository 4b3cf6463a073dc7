"""Keeps late audio of an interrupted reply from the phone.

Some frames of the cancelled reply still follow Deepgram's `UserStartedSpeaking`. The gate opens when the next reply is
certain, and by itself after a while, so that one lost event cannot mute a call.
"""

from __future__ import annotations

from telephony.first_words import begins

GATE_MS = 1500


class Gate:
    """Closed by an interruption. Times are ms on the call clock."""

    def __init__(self) -> None:
        self._closed_ms: float | None = None
        self._awaited = ""
        self._is_shut = False

    @property
    def is_closed(self) -> bool:
        return self._is_shut or self._closed_ms is not None

    def close(self, now_ms: float, *, awaited: str = "") -> None:
        """Drop audio from now on, until the next reply; with `awaited`, until that text is spoken."""
        self._closed_ms = now_ms
        self._awaited = awaited

    def open(self) -> None:
        """The next reply begins."""
        self._closed_ms = None
        self._awaited = ""

    def shut(self) -> None:
        """Drop everything from now on: the last words were said."""
        self._is_shut = True

    def agent_said(self, text: str) -> None:
        """A sentence of the agent: the awaited one opens the gate, any other may belong to the cancelled reply."""
        if self._awaited and begins(self._awaited, text):
            self.open()

    def drops(self, now_ms: float) -> bool:
        """Whether what comes now belongs to the cancelled reply."""
        if self._closed_ms is not None and now_ms - self._closed_ms >= GATE_MS:
            self.open()
        return self.is_closed
