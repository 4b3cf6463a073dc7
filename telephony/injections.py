"""What the agent was told to say, and whether it did: said, refused, or lost.

Deepgram refuses an injection while the other side speaks, and answers with a message that does not name it; it
answers in order (Deepgram docs, "Inject Agent Message").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from telephony.actions import Action
from telephony.deepgram import messages as dg
from telephony.effects import Effect, Note, ToAgent
from telephony.events import EventType, NewEvent
from telephony.first_words import begins

MAX_WAITING = 8

PATIENCE_MS = 20_000.0
"""An injection waits for the agent's own reply to end; one that was not said by then will not be."""

SAID = "The agent has begun to say it."
NOT_SAID = "The agent did not say it in time."
AGENT_GONE = "The agent was lost before it said it."
CALL_OVER = "The call ended before the agent said it."
TOO_MANY = "The agent has not said what it was told before: wait for that."


@dataclass(frozen=True, slots=True)
class _Injection:
    text: str
    since_ms: float
    action: Action | None
    """Who wanted it; None: one of our own rules did."""


class Injections:
    """Follows the injections of one call, in order. Times are ms on the call clock."""

    def __init__(self, on_said: Callable[[], None]) -> None:
        """`on_said` is told when the agent begins one: a reply that nobody has cancelled."""
        self._on_said = on_said
        self._waiting: deque[_Injection] = deque()

    def inject(self, text: str, now_ms: float, action: Action | None = None) -> list[Effect]:
        """Make the agent say `text` when it has nothing else to say, unless the other side speaks."""
        if len(self._waiting) >= MAX_WAITING:
            return _not_said(_Injection(text, now_ms, action), TOO_MANY)
        self._waiting.append(_Injection(text, now_ms, action))
        return [ToAgent(dg.inject_agent_message(text))]

    def said(self, sentence: str) -> list[Effect]:
        """A sentence of the agent, which may be the first of an injection."""
        for injection in self._waiting:
            if begins(injection.text, sentence):
                self._waiting.remove(injection)
                self._on_said()
                return [Note(injection.action.outcome(SAID))] if injection.action else []
        return []

    def refused(self, why: str) -> list[Effect]:
        """Deepgram has refused the oldest one."""
        return _not_said(self._waiting.popleft(), why) if self._waiting else []

    def lost(self, why: str = AGENT_GONE) -> list[Effect]:
        """Whoever should say what waits is gone."""
        effects = [effect for injection in self._waiting for effect in _not_said(injection, why)]
        self._waiting.clear()
        return effects

    def tick(self, now_ms: float) -> list[Effect]:
        """Give up what was neither said nor refused."""
        effects: list[Effect] = []
        while self._waiting and now_ms - self._waiting[0].since_ms > PATIENCE_MS:
            effects += _not_said(self._waiting.popleft(), NOT_SAID)
        return effects


def _not_said(injection: _Injection, why: str) -> list[Effect]:
    if injection.action is not None:
        return [Note(injection.action.outcome(why, ok=False))]
    warning = {"status": "warning", "detail": f'"{injection.text}" was not said. {why}'}
    return [Note(NewEvent(EventType.AGENT, warning))]
