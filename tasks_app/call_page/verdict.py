"""The verdict as the page shows it: which judgement counts, who made it, and what each claim rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks_app.call_page.words import clock
from tasks_app.evidence import JOINED
from tasks_app.judging import NOT_REACHED, SIMULATOR, STATISTICS
from tasks_app.models import Analysis
from telephony.steps import OPEN
from telephony.transcript import TranscriptTurn

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
    """Words of the transcript, and when they were said, as exactly as is known."""

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
    """`state` is that of the newest attempt; `ready` the newest verdict there is, if there is one.

    `turns` are those of the transcript that was judged.
    """

    state: str
    failure: str
    ready: Analysis | None
    turns: Sequence[TranscriptTurn]

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
    def is_judgement(self) -> bool:
        """Whether somebody judged what was said, however simply."""
        return self.ready is not None and self.ready.provider != NOT_REACHED

    @property
    def can_be_repeated(self) -> bool:
        return not self.is_coming and (self.ready is None or self.is_judgement)

    @property
    def proof(self) -> list[Proof]:
        """What the outcome rests on."""
        return self._proof(self.verdict.get("evidence", []))

    @property
    def claims(self) -> list[tuple[str, list[ShownClaim]]]:
        """(heading, claims) of each kind that has any."""
        return [
            (
                heading,
                [ShownClaim(claim["text"], self._proof(claim["evidence"])) for claim in self.verdict[name]],
            )
            for name, heading in _CLAIMS
            if self.verdict.get(name)
        ]

    def _proof(self, evidence: Sequence[dict[str, Any]]) -> list[Proof]:
        said = {turn.number: turn for turn in self.turns}
        return [
            Proof(
                one["turn"], one["quote"], _said_at_ms(said.get(one["turn"]), one["quote"], one["start_ms"])
            )
            for one in evidence
        ]

    @property
    def details(self) -> list[tuple[str, str]]:
        return [(_as_words(str(name)), str(value)) for name, value in self.verdict.get("details", {}).items()]


def _said_at_ms(turn: TranscriptTurn | None, quote: str, turn_start_ms: int) -> int:
    """When the first word of a quote was said, where the recording's words are known; else when its turn began."""
    before, found, _ = turn.text.partition(quote.split(JOINED)[0]) if turn else ("", "", "")
    if turn is None or not found or len(turn.words) != len(turn.text.split()):
        return turn_start_ms
    return turn.words[len(before.split())].start_ms


def _as_words(name: str) -> str:
    """`agreed_price` as a person writes it."""
    return name.replace("_", " ").strip().capitalize()


def shown_verdict(newest_first: Sequence[Analysis], turns: Sequence[TranscriptTurn]) -> ShownVerdict | None:
    """What counts among the judgements of a call; None where there is none."""
    if not newest_first:
        return None
    newest = newest_first[0]
    ready = next((one for one in newest_first if one.state == Analysis.State.READY), None)
    return ShownVerdict(newest.state, newest.failure, ready, turns)
