"""What a callee answers to what it heard. Pure: text in, answer out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from simulator.callee.scenario import Scenario, Then
from simulator.room import INAUDIBLE

MAX_INAUDIBLE = 3
"""After so many turns that could not be understood the callee gives up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the callee does now."""

    say: str = ""
    press: str = ""
    hang_up: bool = False
    leave: bool = False
    """It was a goodbye: the other side may hang up, for a while."""


class Conversation:
    """One callee's side of one call: remembers which replies it has given."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._uses: Counter[int] = Counter()
        self._fallbacks = 0
        self._inaudible = 0

    def answer(self, heard: str) -> Answer:
        """The answer to one turn of the agent, `heard` being all that was understood of it."""
        words = heard.replace(INAUDIBLE, " ").strip()
        if not words:
            self._inaudible += 1
            return Answer(self._scenario.inaudible, hang_up=self._inaudible >= MAX_INAUDIBLE)
        if self._scenario.goodbye.hear.search(words):
            return Answer(self._scenario.goodbye.say, leave=True)
        for index, reply in enumerate(self._scenario.replies):
            if (reply.once and self._uses[index]) or not reply.hear.search(words):
                continue
            text = reply.say[min(self._uses[index], len(reply.say) - 1)]
            self._uses[index] += 1
            return Answer(text, reply.press, hang_up=reply.then is Then.HANG_UP)
        self._fallbacks += 1
        return Answer(self._scenario.fallback[(self._fallbacks - 1) % len(self._scenario.fallback)])
