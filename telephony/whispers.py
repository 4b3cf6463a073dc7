"""What the agent was told in private during the call. It belongs to the call: the next agent is told it too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from telephony.actions import Action
from telephony.deepgram import messages as dg
from telephony.effects import Effect, Note, ToAgent
from telephony.prompts import whisper_line

MAX_CHARS = 3000
"""All whispers of a call together: with them the longest prompt stays below the 25,000 of Deepgram's models."""

TOLD = "The agent was told."
NO_ROOM = "The agent's prompt has no room for more: too much was whispered already."
CALL_OVER = "The call ended before the agent was told."


class Whispers:
    """Follows the whispers of one call, in order, until the agent has each of them."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        """`before`: what was whispered while another process held the call."""
        self.texts = list(before)
        self._in_settings = 0
        self._untold: deque[tuple[int, Action]] = deque()

    def whisper(self, action: Action, *, agent_is_ready: bool) -> list[Effect]:
        """Tell the agent, or the next one as soon as it is there."""
        if sum(map(len, self.texts)) + len(action.text) > MAX_CHARS:
            return [Note(action.outcome(NO_ROOM, ok=False))]
        self._untold.append((len(self.texts), action))
        self.texts.append(action.text)
        return [_update(action.text)] if agent_is_ready else []

    def configured(self) -> tuple[str, ...]:
        """What goes into the Settings that are sent now."""
        self._in_settings = len(self.texts)
        return tuple(self.texts)

    def agent_ready(self) -> list[Effect]:
        """The agent has taken its Settings: it knows what was in them, and is told what came since."""
        effects: list[Effect] = []
        while self._untold and self._untold[0][0] < self._in_settings:
            effects += self.told()
        return [*effects, *(_update(text) for text in self.texts[self._in_settings :])]

    def told(self) -> list[Effect]:
        """The agent has confirmed the oldest one."""
        return [Note(self._untold.popleft()[1].outcome(TOLD))] if self._untold else []

    def call_over(self) -> list[Effect]:
        """Nobody is left to be told."""
        untold = [action for _, action in self._untold]
        self._untold.clear()
        return [Note(action.outcome(CALL_OVER, ok=False)) for action in untold]


def _update(text: str) -> ToAgent:
    return ToAgent(dg.update_prompt(whisper_line(text)))
