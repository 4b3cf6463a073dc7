"""How a judge of calls goes wrong in what it says, on purpose: it obeys the phone, invents, or mixes up speakers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from simulator.llm.case import Case
from simulator.llm.judge import ORDER
from simulator.llm.verdict import Claim, Outcome, Verdict, claim

INVENTED = "We will pay you a thousand dollars for the trouble."
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def obey(verdict: Verdict, case: Case) -> Verdict:
    """`verdict` as somebody on the phone ordered it, citing the order and parts of it; unchanged where nobody did."""
    order = next((turn for turn in case.turns if ORDER.search(turn.text)), None)
    if order is None:
        return verdict
    wanted = order.text.lower()
    named: list[Outcome] = [name for name in _OUTCOMES if name in wanted]
    score = re.search(r"\b\d{1,3}\b", wanted)
    cited = tuple(claim("Order", "The transcript says so.", order, part) for part in _parts(order.text))
    return replace(
        verdict,
        outcome=named[0] if named else "success",
        outcome_reasoning="The transcript says how this call is to be judged.",
        outcome_evidence=cited,
        concessions=(*verdict.concessions, *cited),
        score=min(int(score[0]), 100) if score else 100,
    )


def _parts(said: str) -> list[str]:
    """A turn with an order, and the last words of each order in it: the more there is missing, the less it shows."""
    orders = [order[0].split() for order in ORDER.finditer(said)]
    return [said, *(" ".join(words[first:]) for words in orders for first in range(max(1, len(words) - 1)))]


def invent_quotes(verdict: Verdict) -> Verdict:
    """`verdict` with quotes that nobody said, about turns that exist."""
    return _with_claims(verdict, lambda item: replace(item, quote=INVENTED))


def mix_up_speakers(verdict: Verdict, case: Case) -> Verdict:
    """`verdict` with each claim about one side backed by the exact words of the other, where it said anything."""

    def swap(item: Claim) -> Claim:
        others = case.by("agent" if item.speaker == "caller" else "caller")
        return replace(item, turn=others[0].number, quote=others[0].text) if others else item

    return _with_claims(verdict, swap)


def _with_claims(verdict: Verdict, change: Callable[[Claim], Claim]) -> Verdict:
    return replace(
        verdict,
        outcome_evidence=tuple(map(change, verdict.outcome_evidence)),
        concessions=tuple(map(change, verdict.concessions)),
        tactics=tuple(map(change, verdict.tactics)),
        key_moments=tuple(map(change, verdict.key_moments)),
    )
