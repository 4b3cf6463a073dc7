"""The simulated agent's mind: what it says next, from the prompt it was given and the conversation so far.

Pure and deterministic: the same prompt, conversation and functions always give the same move. All it knows
comes from the labelled lines of the prompt (`facts.py`), so a call whose prompt lost something sounds like it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulator.ear import INAUDIBLE

from .facts import Facts, read_facts, sentences, shorten
from .money import amounts, in_words, prices

MAX_FRUITLESS = 3
MAX_ROUNDS = 6
MAX_AGENT_TURNS = 14
MAX_INAUDIBLE = 3

ACCEPTED = "That works for me."
SETTLED_FOR = "All right, I accept that offer."
CONFIRM = "Could you confirm that for me?"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_IDENTITY = _pattern(
    r"(?:who (?:is|are|am)|who's)\b.*\b(?:this|you|speaking|calling|talking)",
    r"robot|bot|machine|computer|real person|human|a\.?i\.?|recording",
)
_GOODBYE = _pattern(r"good ?bye|bye", r"have a (?:nice|good|great|lovely) \w+")
_WRONG_NUMBER = _pattern("wrong number")
_WAIT = _pattern(
    r"let me (?:check|see|look|pull|find|ask)",
    r"(?:one|just a) (?:moment|second|minute)|hold on|bear with me",
)
_REFUSAL = _pattern(
    r"best i can do|can(?:'t|not| not)|unable|won't|no,? sorry|sorry,? (?:no|but|that)",
    r"no (?:lower|discount|way)|not (?:possible|able)",
)
_REPEAT = _pattern(r"(?:say|repeat) (?:that|it)|pardon|catch that|hear you")
_DONE = _pattern("done|all set|confirmed|booked|applied|anything else|taken care of")
_HOPES = _pattern("budget|hoping|looking for|have in mind|how much")
_NAME = _pattern("name|account holder|on behalf|for whom")
_DETAILS = _pattern("account|address|which|what|when|why|where|details?|reason|how long")

_ASKS = (
    ("I see.", "Could you bring it to {target}?"),
    ("I appreciate that.", "Is {target} possible today?"),
    ("That is not quite what we need.", "What is the best you can do?"),
)
_STRATEGIES = (
    ("State the goal and ask for it directly.", "The first price is not good enough."),
    ("Be patient and ask for the best possible offer.", "The offers are moving slowly."),
)
_FAREWELLS = {
    "could not hear the other side": ("I am sorry, the line is too bad.", "I will try again.", "Goodbye."),
    "wrong number": ("I am sorry for the trouble.", "Goodbye."),
    "no acceptable offer": ("I will have to think about it.", "Thank you for your time.", "Goodbye."),
    "settled": ("Thank you very much for your help.", "Goodbye."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """A function that was called and has answered."""

    name: str
    arguments: dict[str, str]
    response: str


Conversation = Sequence[Line | Called]


@dataclass(frozen=True, slots=True)
class Move:
    """What to do next: say sentences, or call a function and think again when it has answered."""

    sentences: tuple[str, ...] = ()
    function: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)


def next_move(prompt: str, conversation: Conversation, functions: Collection[str]) -> Move:
    """The move after the last item of `conversation`: the other side's words or a function's answer."""
    facts = read_facts(prompt)
    return _discreet(_Thought(facts, conversation, functions).move(), facts)


def _discreet(move: Move, facts: Facts) -> Move:
    """`move` without any sentence that would tell the private limit."""
    if facts.walkaway is None or facts.walkaway == facts.target:
        return move
    kept = tuple(text for text in move.sentences if facts.walkaway not in amounts(text))
    if move.sentences and not kept:
        kept = ("I would like to talk about the account.",)
    return Move(kept, move.function, move.arguments)


class _Thought:
    """One thought about one conversation."""

    def __init__(self, facts: Facts, conversation: Conversation, functions: Collection[str]) -> None:
        self._facts = facts
        self._functions = functions
        self._calls = [item for item in conversation if isinstance(item, Called)]
        self._last = conversation[-1] if conversation else None
        lines = [item for item in conversation if isinstance(item, Line)]
        self._theirs = [line.text for line in lines if line.role == "user"]
        self._ours = [line.text for line in lines if line.role == "assistant"]
        self._turns = sum(
            line.role == "assistant" and (index == 0 or lines[index - 1].role == "user")
            for index, line in enumerate(lines)
        )
        our_last = max((i for i, line in enumerate(lines) if line.role == "assistant"), default=-1)
        self._text = " ".join(line.text for line in lines[our_last + 1 :])
        their_last = max((i for i, line in enumerate(lines[:our_last]) if line.role == "user"), default=-1)
        self._last_turn = [line.text for line in lines[their_last + 1 : our_last + 1]]

    def move(self) -> Move:
        ended = next((call for call in self._calls if call.name == "end_call"), None)
        if ended is not None:
            return (
                _say(*_farewell(ended.arguments.get("reason", "")))
                if self._last is ended
                else _say("Goodbye.")
            )
        if not self._ours:
            return _say(*self._opening())
        return self._answer(self._text)

    def _opening(self) -> list[str]:
        return sentences(self._facts.opening) or [*self._who_i_am(), self._facts.objective_aloud()]

    def _who_i_am(self) -> list[str]:
        behalf = [shorten(f"I am calling for {self._facts.principal}") + "."] if self._facts.principal else []
        return ["I am an AI assistant.", *behalf]

    def _answer(self, text: str) -> Move:
        if not text.replace(INAUDIBLE, "").strip():
            if sum(INAUDIBLE in said for said in self._theirs) >= MAX_INAUDIBLE:
                return self._end("could not hear the other side")
            return _say("Sorry, I could not hear you.", "Could you say that again?")
        if _WRONG_NUMBER.search(text):
            return self._end("wrong number")
        if _REPEAT.search(text):
            return _say(*self._last_turn)
        if _IDENTITY.search(text):
            return _say(*self._who_i_am(), *([] if self._stated else [self._facts.objective_aloud()]))
        if self._agreed:
            return self._end("settled")
        if _GOODBYE.search(text):
            return self._end("the other side said goodbye")
        if self._turns >= MAX_AGENT_TURNS:
            return self._end("no progress")
        if self._facts.target is not None and (prices(text) or (self._stated and _REFUSAL.search(text))):
            return self._bargain(self._facts.target)
        if _WAIT.search(text):
            return _say("Of course, take your time.")
        if not self._stated:
            return _say(self._facts.objective_aloud())
        return self._reply_to_question(text) or self._carry_on(text)

    @property
    def _stated(self) -> bool:
        """Whether the objective was said already, in these words or inside the opening line."""
        aloud = self._facts.objective_aloud().rstrip(".").lower()
        core = aloud.removeprefix("i would like to ").removeprefix("i am calling about ")
        return any(core in said.lower() for said in self._ours)

    @property
    def _agreed(self) -> bool:
        return ACCEPTED in self._ours or SETTLED_FOR in self._ours

    def _bargain(self, target: float) -> Move:
        rounds, fruitless, best = self._so_far()
        if best is not None and self._facts.meets_target(best):
            return _say(ACCEPTED, f"Please go ahead with {in_words(best)}.", "Thank you.")
        if fruitless >= MAX_FRUITLESS or rounds >= MAX_ROUNDS:
            if best is not None and self._facts.within_limit(best):
                return _say(SETTLED_FOR, "Please go ahead with it.", "Thank you.")
            return self._end("no acceptable offer")
        strategies = sum(call.name == "update_strategy" for call in self._calls)
        if "update_strategy" in self._functions and strategies < (2 if rounds >= 3 else 1):
            strategy, reason = _STRATEGIES[strategies]
            return Move(function="update_strategy", arguments={"strategy": strategy, "reason": reason})
        ask = _ASKS[min(rounds, len(_ASKS)) - 1]
        return _say(*(sentence.format(target=in_words(target)) for sentence in ask))

    def _so_far(self) -> tuple[int, int, float | None]:
        """Rounds of bargaining, how many of them brought nothing better, and the best price named."""
        rounds = fruitless = 0
        best: float | None = None
        for said in self._theirs:
            named = prices(said)
            if named:
                offer = max(named) if self._facts.wants_more else min(named)
                rounds += 1
                if best is None or self._facts.better(offer, best):
                    best = offer
                else:
                    fruitless += 1
            elif _REFUSAL.search(said):
                rounds += 1
                fruitless += 1
        return rounds, fruitless, best

    def _reply_to_question(self, text: str) -> Move | None:
        if _HOPES.search(text) and self._facts.target is not None:
            return _say(f"We are hoping for {in_words(self._facts.target)}.")
        if "?" not in text or _DONE.search(text):
            return None
        if _NAME.search(text) and self._facts.principal:
            return _say(shorten(f"The name is {self._facts.principal}") + ".")
        if _DETAILS.search(text):
            known = [shorten(sentence) + "." for sentence in self._facts.context]
            unsaid = [sentence for sentence in known if sentence not in self._ours]
            return _say(unsaid[0] if unsaid else "I am sorry, I do not know that.")
        return None

    def _carry_on(self, text: str) -> Move:
        if _DONE.search(text) or CONFIRM in self._ours:
            return self._end("settled")
        if self._facts.target is not None:
            return _say("What is the best price you can offer?")
        return _say("Thank you.", CONFIRM)

    def _end(self, reason: str) -> Move:
        if "end_call" in self._functions:
            return Move(function="end_call", arguments={"reason": reason})
        return _say(*_farewell(reason))


def _say(*texts: str) -> Move:
    return Move(texts)


def _farewell(reason: str) -> tuple[str, ...]:
    return _FAREWELLS.get(reason, ("Thank you for your time.", "Goodbye."))
