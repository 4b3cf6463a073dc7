"""What the simulated agent says to a person: identity, errand, bargaining, farewell."""

from __future__ import annotations

import re

from simulator.deepgram.conversation import Call, Called, Conversation, Functions, Line, Move, say
from simulator.deepgram.ending import Ending, end
from simulator.deepgram.facts import Facts, sentences, shorten
from simulator.deepgram.money import in_words, prices
from simulator.ear import INAUDIBLE

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
_LEAVING = Call("update_strategy", {"strategy": "Walk away politely.", "reason": "No offer was acceptable."})


def answer_person(facts: Facts, conversation: Conversation, functions: Functions) -> Move:
    """The answer to the person on the line, after `conversation` with them and nobody else."""
    return _Thought(facts, conversation, functions).move()


def introduction(facts: Facts) -> list[str]:
    """Who is calling, and for whom."""
    behalf = [shorten(f"I am calling for {facts.principal}") + "."] if facts.principal else []
    return ["I am an AI assistant.", *behalf]


class _Thought:
    """One thought about one conversation."""

    def __init__(self, facts: Facts, conversation: Conversation, functions: Functions) -> None:
        self._facts = facts
        self._functions = functions
        self._calls = [item for item in conversation if isinstance(item, Called)]
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
        if not self._ours:
            return say(*self._opening())
        return self._answer(self._text)

    def _opening(self) -> list[str]:
        return sentences(self._facts.opening) or [*introduction(self._facts), self._facts.objective_aloud()]

    def _answer(self, text: str) -> Move:
        if not text.replace(INAUDIBLE, "").strip():
            if sum(INAUDIBLE in said for said in self._theirs) >= MAX_INAUDIBLE:
                return self._end(Ending.NOT_HEARD)
            return say("Sorry, I could not hear you.", "Could you say that again?")
        if _WRONG_NUMBER.search(text):
            return self._end(Ending.WRONG_NUMBER)
        if _REPEAT.search(text):
            return say(*self._last_turn)
        if _IDENTITY.search(text):
            return say(*introduction(self._facts), *([] if self._stated else [self._facts.objective_aloud()]))
        if self._agreed:
            return self._end(Ending.SETTLED)
        if self._facts.told_to_finish:
            return self._end(Ending.TOLD_TO)
        remark = next((said for said in self._remarks() if said not in self._ours), None)
        if remark is not None:
            return say(remark)
        if _GOODBYE.search(text):
            return self._end(Ending.GOODBYE_HEARD)
        if self._turns >= MAX_AGENT_TURNS:
            return self._end(Ending.NO_PROGRESS)
        if self._facts.target is not None and (prices(text) or (self._stated and _REFUSAL.search(text))):
            return self._bargain(self._facts.target)
        if _WAIT.search(text):
            return say("Of course, take your time.")
        if not self._stated:
            return say(self._facts.objective_aloud())
        return self._reply_to_question(text) or self._carry_on(text)

    def _remarks(self) -> list[str]:
        """What was whispered, each as one short sentence."""
        return [shorten(text[:-1]) + text[-1] for text in self._facts.remarks]

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
            return say(ACCEPTED, f"Please go ahead with {in_words(best)}.", "Thank you.")
        if fruitless >= MAX_FRUITLESS or rounds >= MAX_ROUNDS:
            if best is not None and self._facts.within_limit(best):
                return say(SETTLED_FOR, "Please go ahead with it.", "Thank you.")
            also = (_LEAVING,) if "update_strategy" in self._functions else ()
            return end(Ending.NO_OFFER, self._functions, also=also)
        strategies = sum(call.name == "update_strategy" for call in self._calls)
        if "update_strategy" in self._functions and strategies < (2 if rounds >= 3 else 1):
            strategy, reason = _STRATEGIES[strategies]
            return Move(calls=(Call("update_strategy", {"strategy": strategy, "reason": reason}),))
        ask = _ASKS[min(rounds, len(_ASKS)) - 1]
        return say(*(sentence.format(target=in_words(target)) for sentence in ask))

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
            return say(f"We are hoping for {in_words(self._facts.target)}.")
        if "?" not in text or _DONE.search(text):
            return None
        if _NAME.search(text) and self._facts.principal:
            return say(shorten(f"The name is {self._facts.principal}") + ".")
        if _DETAILS.search(text):
            known = [shorten(sentence) + "." for sentence in self._facts.context]
            unsaid = [sentence for sentence in known if sentence not in self._ours]
            return say(unsaid[0] if unsaid else "I am sorry, I do not know that.")
        return None

    def _carry_on(self, text: str) -> Move:
        if _DONE.search(text) or CONFIRM in self._ours:
            return self._end(Ending.SETTLED)
        if self._facts.target is not None:
            return say("What is the best price you can offer?")
        return say("Thank you.", CONFIRM)

    def _end(self, ending: Ending) -> Move:
        return end(ending, self._functions)
