"""The state of one agent's mind: its prompt, its functions and all that was said."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.deepgram.brain import next_move
from simulator.deepgram.conversation import Called, Functions, Line, Move
from simulator.deepgram.facts import with_addition

PROMPT_LIMIT_CHARS = 25_000
"""Longer prompts of managed models are truncated (Deepgram "Configure the Voice Agent")."""


class Mind:
    """Remembers, and knows the next move."""

    def __init__(self, prompt: str, functions: Functions, conversation: Iterable[Line | Called]) -> None:
        self.functions = functions
        self._prompt = prompt
        self._conversation = list(conversation)

    def think(self, unconfirmed: str = "") -> Move:
        """The next move; `unconfirmed` is what the user seems to have said."""
        maybe = [Line("user", unconfirmed)] if unconfirmed else []
        return next_move(self._prompt, [*self._conversation, *maybe], self.functions)

    @property
    def length(self) -> int:
        """How many things were said and called."""
        return len(self._conversation)

    def user_said(self, text: str, at: int | None = None) -> None:
        """Remember the user's words, at place `at` when functions were called on them before they were confirmed."""
        self._conversation.insert(self.length if at is None else at, Line("user", text))

    def agent_said(self, text: str) -> None:
        """Remember a sentence of ours."""
        self._conversation.append(Line("assistant", text))

    def called(self, called: Called) -> None:
        """Remember a function's answer."""
        self._conversation.append(called)

    def instruct(self, prompt: str, functions: Functions) -> None:
        """Replace the instructions."""
        self._prompt = prompt
        self.functions = functions

    def add_to_prompt(self, addition: str) -> None:
        """Append to the prompt."""
        self._prompt = with_addition(self._prompt, addition)

    def truncate(self) -> bool:
        """Cut the prompt to its limit; whether that was needed."""
        too_long = len(self._prompt) > PROMPT_LIMIT_CHARS
        self._prompt = self._prompt[:PROMPT_LIMIT_CHARS]
        return too_long
