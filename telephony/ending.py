"""When the line goes dead: a goodbye that was heard, a silence or a duration that is too long, or a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from telephony.first_words import begins
from telephony.playback import Playback
from telephony.voice_activity import VoiceActivity

STILL_THERE = "Hello, are you still there?"
CLOSING = "I am sorry, I have to end the call now. Goodbye."

NO_GOODBYE_MS = 3000
"""The agent has this long to begin its goodbye."""

ECHO_LOST_MS = 1000
"""How long after its estimated end a goodbye counts as heard without Twilio's confirmation."""

GOODBYE_DEADLINE_MS = 15_000
CLOSING_DEADLINE_MS = 8000


@dataclass(frozen=True, slots=True)
class Limits:
    """When a call is ended by us, in ms."""

    duration_ms: float
    silence_ms: float


class Step(Enum):
    """What is due now."""

    ASK_IF_THERE = auto()
    SAY_CLOSING = auto()
    HANG_UP = auto()


@dataclass(slots=True)
class _Farewell:
    """One decision to end the call."""

    reason: str
    detail: str
    function_id: str
    decided_ms: float
    deadline_ms: float
    quiet_since_ms: float
    end: int | None = None


class Ending:
    """Follows one call to its end. Times are ms on the call clock."""

    def __init__(self, limits: Limits, playback: Playback, voice: VoiceActivity) -> None:
        self._limits = limits
        self._playback = playback
        self._voice = voice
        self._farewell: _Farewell | None = None
        self._asked_if_there = False

    @property
    def is_decided(self) -> bool:
        """Whether the call is to end; the goodbye may still be spoken."""
        return self._farewell is not None

    @property
    def closing_was_sent(self) -> bool:
        """Whether our own last words are on their way to the phone, or were heard."""
        return (
            self._farewell is not None and not self._farewell.function_id and self._farewell.end is not None
        )

    @property
    def reason(self) -> tuple[str, str]:
        """Why: one of `ended_reasons`, and a detail."""
        return (self._farewell.reason, self._farewell.detail) if self._farewell else ("unknown", "")

    def agent_asked(self, *, function_id: str, reason: str, detail: str, now_ms: float) -> None:
        """The agent called `end_call`; its goodbye follows. A decision that was taken before stays."""
        if self._farewell is not None:
            return
        self._farewell = _Farewell(reason, detail, function_id, now_ms, now_ms + GOODBYE_DEADLINE_MS, now_ms)

    def agent_took_back(self, function_ids: tuple[str, ...]) -> None:
        """Deepgram cancelled these function calls: the other side went on speaking."""
        if self._farewell is not None and self._farewell.function_id in function_ids:
            self._farewell = None

    def reply_begins(self) -> None:
        """The agent begins to say something more."""
        if self._farewell is not None:
            self._farewell.end = None

    def reply_sent(self, text: str, start_ms: float) -> None:
        """All audio of a reply that began at `start_ms` was sent: a goodbye, if it was begun after the decision.

        A question is no goodbye: the agent has changed its mind. Where we end the call, only our own words are one.
        """
        if self._farewell is None or start_ms < self._farewell.decided_ms:
            return
        if not self._farewell.function_id and not begins(CLOSING, text):
            return
        if self._farewell.function_id and text.rstrip().endswith("?"):
            self._farewell = None
            return
        self._farewell.end = self._playback.sent

    def interrupted(self, now_ms: float) -> None:
        """The other side spoke into the goodbye: the agent may want to answer."""
        if self._farewell is not None:
            self._farewell.end = None
            self._farewell.quiet_since_ms = now_ms

    def caller_said(self) -> None:
        """The other side is there."""
        self._asked_if_there = False

    def step(self, now_ms: float, *, can_speak: bool, watch_silence: bool) -> Step | None:
        """What is due at `now_ms`. `can_speak`: the agent can say a closing line."""
        if self._farewell is not None:
            return Step.HANG_UP if self._was_heard(self._farewell, now_ms) else None
        if now_ms >= self._limits.duration_ms:
            return self._close("max_duration", now_ms, can_speak=can_speak)
        if not watch_silence:
            return None
        spoken_ms = max(self._voice.last_ms or 0.0, min(self._playback.ends_ms(), now_ms))
        quiet_ms = now_ms - spoken_ms
        if quiet_ms >= self._limits.silence_ms:
            return self._close("silence_timeout", now_ms, can_speak=can_speak)
        if can_speak and not self._asked_if_there and quiet_ms >= self._limits.silence_ms / 2:
            self._asked_if_there = True
            return Step.ASK_IF_THERE
        return None

    def _close(self, reason: str, now_ms: float, *, can_speak: bool) -> Step:
        self._farewell = _Farewell(reason, "", "", now_ms, now_ms + CLOSING_DEADLINE_MS, now_ms)
        return Step.SAY_CLOSING if can_speak else Step.HANG_UP

    def _was_heard(self, farewell: _Farewell, now_ms: float) -> bool:
        if now_ms >= farewell.deadline_ms:
            return True
        if farewell.end is not None:
            confirmed = self._playback.confirmed >= farewell.end
            return confirmed or now_ms > self._playback.ends_ms() + ECHO_LOST_MS
        if self._playback.is_playing(now_ms):
            farewell.quiet_since_ms = now_ms
        return now_ms - farewell.quiet_since_ms > NO_GOODBYE_MS
