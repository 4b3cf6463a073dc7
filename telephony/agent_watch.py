"""Does the agent still take part? Told by what goes to it and what comes from it, and by when."""

from __future__ import annotations

from telephony.deepgram import messages as dg
from telephony.mulaw import BYTES_PER_MS, SILENCE
from telephony.voice_activity import VoiceActivity

KEEP_ALIVE_MS = 5000
SETTINGS_TIMEOUT_MS = 3000
STALL_MS = 5000
STALL_VOICE_MS = 1000
"""So much voice, and then no sign of the agent for STALL_MS, means that it hears nothing any more. A cough does not."""


NOTICE_MS = 5000
"""A silent connection may have been dead for this long before its pings or the watch here tell."""

_ANSWERS = dg.ConversationText | dg.EndOfTurn | dg.AgentThinking | dg.FunctionCallRequest
"""Signs that words were understood; a recogniser that is stuck still tells that somebody speaks."""


class AgentWatch:
    """Follows one call's agent. Times are ms on the call clock."""

    def __init__(self, voice: VoiceActivity) -> None:
        self._voice = voice
        self._sent_ms = 0.0
        self._voiced_ms = 0.0
        self._sign_ms = 0.0
        self._configured_ms: float | None = None
        self._stall_was_used = False

    def sent(self, now_ms: float) -> None:
        """Something goes to the agent."""
        self._sent_ms = now_ms

    def silence(self, now_ms: float) -> bytes:
        """What goes to it in the place of a caller: silence for as long as nothing has gone to it."""
        unsent_ms = now_ms - self._sent_ms
        self.sent(now_ms)
        return SILENCE * round(unsent_ms * BYTES_PER_MS)

    def message(self, message: dg.AgentMessage, now_ms: float) -> None:
        """A text frame came from the agent."""
        self._sign_ms = now_ms
        if isinstance(message, _ANSWERS):
            self._voiced_ms = self._voice.voiced_ms

    def audio(self, now_ms: float) -> None:
        """Speech came from the agent."""
        self._sign_ms = now_ms
        self._voiced_ms = self._voice.voiced_ms

    def dead_since_ms(self, now_ms: float) -> float:
        """Since when a connection whose loss is noticed now may have been of no use."""
        return max(self._sign_ms, now_ms - NOTICE_MS)

    def configuring(self, now_ms: float) -> None:
        """Settings were sent."""
        self._configured_ms = now_ms

    def ready(self, now_ms: float) -> None:
        """Settings were taken."""
        self._configured_ms = None
        self._sent_ms = now_ms
        self._voiced_ms = self._voice.voiced_ms

    def gone(self) -> None:
        """The connection is gone."""
        self._configured_ms = None

    def needs_keep_alive(self, now_ms: float) -> bool:
        """Whether Deepgram would soon end the session for want of messages (about 10 s)."""
        return now_ms - self._sent_ms > KEEP_ALIVE_MS

    def took_no_settings(self, now_ms: float) -> bool:
        """Whether Settings were sent and not taken in time."""
        return self._configured_ms is not None and now_ms - self._configured_ms > SETTINGS_TIMEOUT_MS

    def notices_deafness(self, now_ms: float) -> bool:
        """Whether speech was not noticed. Says so once in a call at most: a sound that nobody answers is no proof."""
        unheard_ms = self._voice.voiced_ms - self._voiced_ms
        quiet_ms = self._voice.quiet_ms(now_ms) or 0.0
        if self._stall_was_used or unheard_ms < STALL_VOICE_MS or quiet_ms < STALL_MS:
            return False
        self._stall_was_used = True
        return True
