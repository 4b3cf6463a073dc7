"""When may the agent speak first? When the person called has said hello and finished.

Deepgram speaks the greeting as soon as it has Settings, so Settings are what waits for this decision.
"""

from __future__ import annotations

from enum import StrEnum

from telephony.voice_activity import VoiceActivity

QUIET_AFTER_HELLO_MS = 500
NOBODY_SPOKE_MS = 2000
LONG_GREETING_MS = 2500


class Decision(StrEnum):
    """How the agent is let in."""

    GREET = "greet"  # a short hello, or none: speak the opening line
    LISTEN = "listen"  # a menu, a voicemail, a long greeting: hear it out first


class Opening:
    """Decides once, from the energy of the caller's track. Times are ms on the call clock."""

    def __init__(self, voice: VoiceActivity) -> None:
        self._voice = voice
        self._decision: Decision | None = None

    def decide(self, now_ms: float) -> Decision | None:
        """The decision when it falls at `now_ms`, else None; never a second one."""
        if self._decision is not None:
            return None
        self._decision = self._judge(now_ms)
        return self._decision

    def _judge(self, now_ms: float) -> Decision | None:
        first_ms = self._voice.first_ms
        if first_ms is None:
            return Decision.GREET if now_ms >= NOBODY_SPOKE_MS else None
        heard_ms = min(now_ms, self._voice.heard_ms)  # audio that is late is not quiet
        quiet_ms = self._voice.quiet_ms(heard_ms) or 0.0
        if quiet_ms >= QUIET_AFTER_HELLO_MS:
            return Decision.GREET
        if heard_ms - first_ms >= LONG_GREETING_MS:
            return Decision.LISTEN
        return None
