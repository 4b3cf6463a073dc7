"""The two who speak in a call."""

from __future__ import annotations

from enum import StrEnum


class Speaker(StrEnum):
    """Who said something. The values are those of the API and of the rows."""

    CALLER = "caller"
    """The person who was phoned, the callee: Deepgram's "user", Twilio's inbound track."""
    AGENT = "agent"

    @property
    def shown_as(self) -> str:
        """The name that people read."""
        return "Callee" if self is Speaker.CALLER else "Agent"
