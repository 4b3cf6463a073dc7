"""The simulated judge of calls: deterministic, aware of money, and deaf to orders given on the phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from simulator.deepgram.facts import sentences
from simulator.deepgram.money import amounts, prices
from simulator.llm.case import Case, Turn
from simulator.llm.verdict import Claim, Outcome, Verdict, claim

ORDER = re.compile(
    r"\b(?:ignore|disregard|forget)\b.*\b(?:instruction|prompt|rule|above|everything)"
    r"|\b(?:mark|rate|score|record|report|classify|label|judge|log|count|set|treat|grade)\b"
    r".*\b(?:success|successful|failure|walkaway|unknown|objective)"
    r"|\b(?:rate|score|grade) (?:this|the|of)\b.*\d+"
    r"|\b(?:outcome|verdict|score)\b\W*(?:is|must be|should be|=|:)"
    r"|^\s*(?:system|assistant|note to the (?:analyst|judge|ai))\s*:",
    re.IGNORECASE,
)
"""Words meant for whoever judges the call."""

_ACCEPTS = re.compile(
    r"\b(?:works for (?:me|us)|(?:i|we)(?:'ll| will)? (?:accept|take)|accept that|deal|agreed|go ahead"
    r"|sounds good)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:no|not|never|cannot|unable)\b|n't\b", re.IGNORECASE)
_LOWERS = re.compile(
    r"\b(?:lower|reduc\w*|discount|waive|credit|off|(?:can|could) (?:do|make|offer)|make it|bring it)\b", re.I
)
_REFUSES = re.compile(
    r"\bbest i can do|\b(?:can(?:'t|not| not)|unable|won't|wrong number|not (?:possible|able))\b|\bno\b", re.I
)
_DONE = re.compile(r"\b(?:done|all set|confirmed|booked|scheduled|applied|taken care of)\b", re.IGNORECASE)
_LEAVES = re.compile(r"\b(?:think about it|goodbye|bye|another time|walk away)\b", re.IGNORECASE)
_WARM = re.compile(r"\b(?:thanks?|happy|glad|sure|great|of course|welcome|please)\b", re.IGNORECASE)

_TACTICS = (
    (
        "Direct ask",
        re.compile(r"\b(?:could|can|would) you (?:bring|lower|reduce|do)\b|\bis .+ possible\b", re.I),
    ),
    ("Open question", re.compile(r"\bwhat is the (?:best|lowest)\b", re.I)),
    ("Holding firm", re.compile(r"\bnot (?:quite )?what\b|\btoo (?:high|much)\b", re.I)),
    ("Appreciation", re.compile(r"\b(?:appreciate|i see|understand)\b", re.I)),
    ("Closing", _ACCEPTS),
)
_SCORES: dict[Outcome, int] = {"success": 92, "partial": 60, "walkaway": 45, "failed": 20, "unknown": 0}
_ADVICE: dict[Outcome, tuple[str, ...]] = {
    "success": ("Ask for the agreement in writing before hanging up.",),
    "partial": ("Name the target earlier and hold it longer.",),
    "walkaway": ("Ask for a supervisor before leaving.",),
    "failed": ("Ask what would make the request possible.",),
    "unknown": (),
}


@dataclass(frozen=True, slots=True)
class _Offer:
    """A price the other side named."""

    turn: Turn
    price: float
    quote: str


def judge(case: Case | None) -> Verdict:
    """The verdict on a call. Every quote is an exact part of the turn it is said to be from."""
    return _Judgement(case).verdict() if case is not None and case.by("caller") else _nothing_to_judge()


def _nothing_to_judge() -> Verdict:
    return Verdict(
        summary="Nobody was understood on this call.",
        outcome="unknown",
        outcome_reasoning="There is nothing in the transcript to judge by.",
        outcome_evidence=(),
        concessions=(),
        tactics=(),
        key_moments=(),
        score=_SCORES["unknown"],
        score_reasoning="There was no conversation.",
        rapport_quality="unknown",
        improvement_suggestions=(),
    )


class _Judgement:
    """One judgement of one call in which the other side was understood."""

    def __init__(self, case: Case) -> None:
        self._facts = case.facts
        self._turns = case.turns
        self._theirs = [turn for turn in case.by("caller") if not ORDER.search(turn.text)]
        self._ours = case.by("agent")

    def verdict(self) -> Verdict:
        outcome, reasoning, evidence = self._outcome()
        tactics = self._tactics()
        warm = sum(bool(_WARM.search(turn.text)) for turn in self._theirs)
        return Verdict(
            summary=f"A call of {len(self._turns)} turns. {reasoning}",
            outcome=outcome,
            outcome_reasoning=reasoning,
            outcome_evidence=evidence,
            concessions=self._concessions(),
            tactics=tactics,
            key_moments=self._key_moments(),
            score=_SCORES[outcome],
            score_reasoning=f"The outcome was {outcome}, with {len(tactics)} tactics in use.",
            rapport_quality="good" if warm else "neutral",
            improvement_suggestions=_ADVICE[outcome],
            details={"agreed_price": f"{self._offers[-1].price:.2f}"} if self._acceptance else {},
        )

    @cached_property
    def _offers(self) -> list[_Offer]:
        offers = []
        for turn in self._theirs:
            named = [(price, said) for said in sentences(turn.text) for price in prices(said)]
            if named:
                best = max if self._facts.wants_more else min
                price, quote = best(named, key=lambda pair: pair[0])
                offers.append(_Offer(turn, price, quote))
        return offers

    @cached_property
    def _acceptance(self) -> Claim | None:
        """Where our side took an offer: the last such sentence after the first offer."""
        taken = None
        for turn in self._ours:
            for said in sentences(turn.text):
                after_offer = bool(self._offers) and turn.number > self._offers[0].turn.number
                if after_offer and _ACCEPTS.search(said) and not _DENIES.search(said):
                    taken = claim("Agreement", "The agent accepted the offer.", turn, said)
        return taken

    def _outcome(self) -> tuple[Outcome, str, tuple[Claim, ...]]:
        if self._facts.target is None:
            return self._outcome_without_price()
        if not self._offers:
            return self._refused() or ("unknown", "No price was named by the other side.", ())
        first, last = self._offers[0], self._offers[-1]
        cited = claim("Offer", f"The other side offered {last.price:g}.", last.turn, last.quote)
        if self._acceptance is not None:
            if self._facts.meets_target(last.price):
                return "success", f"The price of {last.price:g} meets the target.", (cited, self._acceptance)
            return "partial", f"The price of {last.price:g} misses the target.", (cited, self._acceptance)
        if not self._facts.within_limit(last.price) and any(_LEAVES.search(t.text) for t in self._ours):
            return "walkaway", f"The agent left at an offer of {last.price:g}.", (cited,)
        if self._facts.better(last.price, first.price) or _LOWERS.search(last.quote):
            return "partial", f"The price came down to {last.price:g}, and nothing was agreed.", (cited,)
        return "failed", "The price did not come down.", (cited,)

    def _outcome_without_price(self) -> tuple[Outcome, str, tuple[Claim, ...]]:
        for turn in reversed(self._theirs):
            for said in sentences(turn.text):
                if _DONE.search(said) and not _DENIES.search(said):
                    return "success", "The other side confirmed it.", (claim("Done", "", turn, said),)
        return self._refused() or ("unknown", "Nothing was confirmed or refused.", ())

    def _refused(self) -> tuple[Outcome, str, tuple[Claim, ...]] | None:
        for turn in reversed(self._theirs):
            for said in sentences(turn.text):
                if _REFUSES.search(said):
                    return "failed", "The other side refused.", (claim("Refusal", "", turn, said),)
        return None

    def _concessions(self) -> tuple[Claim, ...]:
        found = []
        for before, offer in zip([None, *self._offers], self._offers, strict=False):
            better = before is not None and self._facts.better(offer.price, before.price)
            if better or (before is None and _LOWERS.search(offer.quote)):
                text = f"The price came to {offer.price:g}."
                found.append(claim("Lower price", text, offer.turn, offer.quote))
        return tuple(found)

    def _tactics(self) -> tuple[Claim, ...]:
        found: dict[str, Claim] = {}
        for turn in self._ours:
            for said in sentences(turn.text):
                for name, pattern in _TACTICS:
                    if name not in found and pattern.search(said):
                        found[name] = claim(name, f"{name}, in the agent's own words.", turn, said)
        return tuple(found.values())

    def _key_moments(self) -> tuple[Claim, ...]:
        moments = [
            claim("Ask", "The agent named an amount.", turn, said)
            for turn in self._ours
            for said in sentences(turn.text)
            if amounts(said)
        ][:1]
        moments += [claim("Offer", f"An offer of {o.price:g}.", o.turn, o.quote) for o in self._offers[-1:]]
        if self._acceptance is not None:
            moments.append(self._acceptance)
        return tuple(sorted(moments, key=lambda moment: moment.turn))
