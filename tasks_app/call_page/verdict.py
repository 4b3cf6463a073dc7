"""The verdict as the page shows it: which judgement counts, who made it, and what each claim rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks_app.call_page.words import clock
from tasks_app.judging import NOT_REACHED, SIMULATOR, STATISTICS
from tasks_app.models import Analysis
from telephony.steps import OPEN

_NO_JUDGE = {
    NOT_REACHED: "No model was asked: there was nobody to judge.",
    STATISTICS: "No model is configured: this only counts what was said.",
}
_CLAIMS = (
    ("concessions", "What the callee gave"),
    ("tactics", "What the agent did"),
    ("key_moments", "Key moments"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """Words of the transcript, and where they stand: `start_ms` is when their turn began."""

    turn: int
    quote: str
    start_ms: int

    @property
    def moment(self) -> str:
        return clock(self.start_ms)


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """What the judge says, and what of its proof was found; without any it is not supported."""

    text: str
    evidence: list[Proof]


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """`state` is that of the newest attempt; `ready` the newest verdict there is, if there is one."""

    state: str
    failure: str
    ready: Analysis | None

    @property
    def is_coming(self) -> bool:
        return self.state in OPEN

    @property
    def verdict(self) -> dict[str, Any]:
        """As `tasks_app.analysis.Verdict` was stored; empty while there is none."""
        return (self.ready and self.ready.verdict) or {}

    @property
    def judge(self) -> str:
        """Who judged, in words."""
        if self.ready is None:
            return ""
        if self.ready.provider in _NO_JUDGE:
            return _NO_JUDGE[self.ready.provider]
        name = "the simulator" if self.ready.provider == SIMULATOR else self.ready.provider
        return f"Judged by {name}" + (f", model {self.ready.model}." if self.ready.model else ".")

    @property
    def proof(self) -> list[Proof]:
        """What the outcome rests on."""
        return _proof(self.verdict.get("evidence", []))

    @property
    def claims(self) -> list[tuple[str, list[ShownClaim]]]:
        """(heading, claims) of each kind that has any."""
        return [
            (heading, [ShownClaim(claim["text"], _proof(claim["evidence"])) for claim in self.verdict[name]])
            for name, heading in _CLAIMS
            if self.verdict.get(name)
        ]

    @property
    def details(self) -> list[tuple[str, str]]:
        return [(str(name), str(value)) for name, value in self.verdict.get("details", {}).items()]


def _proof(evidence: Sequence[dict[str, Any]]) -> list[Proof]:
    return [Proof(one["turn"], one["quote"], one["start_ms"]) for one in evidence]


def shown_verdict(newest_first: Sequence[Analysis]) -> ShownVerdict | None:
    """What counts among the judgements of a call; None where there is none."""
    if not newest_first:
        return None
    newest = newest_first[0]
    ready = next((one for one in newest_first if one.state == Analysis.State.READY), None)
    return ShownVerdict(newest.state, newest.failure, ready)
