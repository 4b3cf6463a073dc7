"""The turns of a call as the page shows them: what was heard, what was not, and how long an answer took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks_app.call_page.words import clock, in_seconds
from telephony.speaker import Speaker
from telephony.transcript import TranscriptTurn


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """One turn. `heard` and `unheard` are parts of its text; times are ms on the call clock.

    `state` is `heard`; `sounding` while more of it may still be played; `cut` when the rest never was.
    `answered_ms` is how long the callee had waited for it; None where it answers nothing.
    """

    number: int
    speaker: Speaker
    heard: str
    unheard: str
    state: str
    start_ms: int
    end_ms: int
    answered_ms: int | None

    @property
    def who(self) -> str:
        return self.speaker.shown_as

    @property
    def moment(self) -> str:
        return clock(self.start_ms)

    @property
    def answered(self) -> str:
        return "" if self.answered_ms is None else in_seconds(self.answered_ms)


BLANK = ShownTurn(0, Speaker.CALLER, "", "", "heard", 0, 0, None)
"""What the browser copies for a turn that comes live."""


def shown_turns(turns: Sequence[TranscriptTurn]) -> list[ShownTurn]:
    """Every turn, in order."""
    shown = []
    last: TranscriptTurn | None = None
    for turn in turns:
        shown.append(_shown(turn, last))
        if _sounded(turn):
            last = turn
    return shown


def _shown(turn: TranscriptTurn, last: TranscriptTurn | None) -> ShownTurn:
    heard, unheard = parts(turn)
    state = "heard" if not unheard else "cut" if turn.final else "sounding"
    return ShownTurn(
        turn.number,
        Speaker(turn.speaker),
        heard,
        unheard,
        state,
        turn.start_ms,
        max(turn.end_ms, turn.start_ms),
        answered_ms(turn, last),
    )


def parts(turn: TranscriptTurn) -> tuple[str, str]:
    """(the words that sounded, the words that did not)"""
    if turn.heard >= 1:
        return turn.text, ""
    if turn.text.startswith(turn.heard_text):
        return turn.heard_text, turn.text[len(turn.heard_text) :]
    return turn.heard_text, turn.text


def _sounded(turn: TranscriptTurn) -> bool:
    """False for words of the agent of which none was heard, nor will be: for the callee they do not exist."""
    return not (turn.final and turn.speaker == Speaker.AGENT and not parts(turn)[0])


def answered_ms(turn: TranscriptTurn, last: TranscriptTurn | None) -> int | None:
    """From the end of the callee's words to the first sound of the agent's answer; 0 where it talked over them."""
    if last is None or (last.speaker, turn.speaker) != (Speaker.CALLER, Speaker.AGENT) or not _sounded(turn):
        return None
    return max(turn.start_ms - last.end_ms, 0)
