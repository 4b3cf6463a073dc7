"""A verdict on one call, before it takes the shape that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.llm.case import Turn

Outcome = Literal["success", "partial", "failed", "walkaway", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something said about the call, and where in the call it is to be seen."""

    name: str
    """What it is in a word or two."""
    text: str
    turn: int
    quote: str
    speaker: str

    def as_json(self) -> dict[str, Any]:
        """All of it, the evidence as a part of its own and beside the rest."""
        evidence = {"turn": self.turn, "quote": self.quote, "speaker": self.speaker}
        return {"name": self.name, "text": self.text, **evidence, "evidence": evidence}


def claim(name: str, text: str, turn: Turn, quote: str | None = None) -> Claim:
    """A claim that cites `quote` of `turn`, or all of it."""
    return Claim(name, text, turn.number, turn.text if quote is None else quote, turn.speaker)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement; every list may be empty."""

    summary: str
    outcome: Outcome
    outcome_reasoning: str
    outcome_evidence: tuple[Claim, ...]
    concessions: tuple[Claim, ...]
    tactics: tuple[Claim, ...]
    key_moments: tuple[Claim, ...]
    score: int
    """0 to 100."""
    score_reasoning: str
    rapport_quality: str
    improvement_suggestions: tuple[str, ...]
    details: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON, under the names a verdict's fields have."""
        return {
            "summary": self.summary,
            "outcome": self.outcome,
            "outcome_reasoning": self.outcome_reasoning,
            "outcome_evidence": [item.as_json()["evidence"] for item in self.outcome_evidence],
            "concessions": [item.as_json() for item in self.concessions],
            "tactics": [item.as_json() for item in self.tactics],
            "tactics_used": [item.name for item in self.tactics],
            "score": self.score,
            "score_reasoning": self.score_reasoning,
            "rapport_quality": self.rapport_quality,
            "key_moments": [item.as_json() for item in self.key_moments],
            "improvement_suggestions": list(self.improvement_suggestions),
            "details": dict(self.details),
        }
