"""How the agent begins each time it connects: it greets, listens first, or goes on in the middle."""

from __future__ import annotations

from collections.abc import Sequence

from telephony.effects import Begin, Effect, Note
from telephony.events import EventType, NewEvent
from telephony.opening import Decision, Opening
from telephony.speaker import Speaker
from telephony.voice_activity import VoiceActivity

SAY_AGAIN = "I am sorry, I lost you for a moment. Could you say that again?"
LINE_BROKE_UP = "I am sorry, the line broke up for a moment."


class Beginning:
    """Follows one call. `how` is None until it is decided. Times are ms on the call clock."""

    def __init__(self, voice: VoiceActivity, *, resumes: bool) -> None:
        """`resumes`: somebody else has held the call until now."""
        self.how = Begin.RESUME if resumes else None
        self._opening = Opening(voice)

    def decide(self, now_ms: float) -> list[Effect]:
        """Decide as soon as the other side's first words allow it."""
        if self.how is not None or (decision := self._opening.decide(now_ms)) is None:
            return []
        self.how = Begin.GREET if decision is Decision.GREET else Begin.LISTEN
        note = {"decision": str(decision), "waited_ms": round(now_ms)}
        return [Note(NewEvent(EventType.OPENING, note))]

    def again(self) -> None:
        """Another agent goes on where the one before it stopped."""
        self.how = Begin.RESUME

    def first_words(self, history: Sequence[tuple[str, str]], *, was_cut_short: bool) -> str:
        """What an agent that resumes has to say at once, or "": its predecessor owed an answer, or broke off."""
        if self.how is not Begin.RESUME:
            return ""
        if history and history[-1][0] == Speaker.CALLER:
            return SAY_AGAIN
        return LINE_BROKE_UP if was_cut_short else ""
