"""Is a quote really in the turn that it is said to be from? What a model cites is checked, never trusted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from tasks_app.said_to_judge import said_to_the_judge

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_LEFT_OUT = re.compile(r"\.{3,}|…|\[\s*(?:…\s*)?\]")

JOINED: Final = " … "
"""Between two parts of a quote that leaves out what stood between them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn, as far as it was heard. `start_ms` is on the call clock; `speaker` is caller or agent."""

    number: int
    speaker: str
    text: str
    start_ms: int


class Evidence(BaseModel):
    """Words that were really said, in the spelling of the transcript; `start_ms` is when their turn began."""

    turn: int
    quote: str
    start_ms: int


def find_evidence(
    heard: Sequence[Heard], turn: int, quote: str, *, speaker: str | None = None
) -> Evidence | None:
    """The evidence that a citation stands for; None where it is not in that turn, or was said by the other side.

    A sentence about the judgement itself is no evidence, and neither is a part of one. Case, punctuation and white
    space may differ, and `...` may leave words out; no word may be added or changed.
    """
    said = next((one for one in heard if one.number == turn), None)
    if said is None or (speaker is not None and said.speaker != speaker):
        return None
    spans = _spans(quote, said.text)
    if not spans or any(_touch(span, order) for order in said_to_the_judge(said.text) for span in spans):
        return None
    said_words = JOINED.join(said.text[start:end] for start, end in spans)
    return Evidence(turn=turn, quote=said_words, start_ms=said.start_ms)


def _spans(quote: str, text: str) -> list[tuple[int, int]]:
    """(start, end) of each part of the quote in the text, in order; none where one is missing."""
    words = _words(text)
    comparable = [word for word, _, _ in words]
    spans: list[tuple[int, int]] = []
    first = 0
    for part in _LEFT_OUT.split(quote):
        sought = [word for word, _, _ in _words(part)]
        if not sought:
            continue
        at = _find(sought, comparable, first)
        if at is None or not _says_something(sought, len(words)):
            return []
        first = at + len(sought)
        spans.append((words[at][1], words[first - 1][2]))
    return spans


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _words(text: str) -> list[tuple[str, int, int]]:
    """(comparable form, start, end) of each word and number."""
    return [
        (_comparable(match.group()), _with_currency(text, match.start()), match.end())
        for match in _WORD.finditer(text)
    ]


def _comparable(word: str) -> str:
    return unicodedata.normalize("NFKC", word).replace("’", "'").casefold()


def _with_currency(text: str, start: int) -> int:
    """A sign right before a number belongs to it."""
    return start - 1 if start and unicodedata.category(text[start - 1]) == "Sc" else start


def _find(sought: list[str], words: list[str], first: int) -> int | None:
    last = len(words) - len(sought)
    return next((at for at in range(first, last + 1) if words[at : at + len(sought)] == sought), None)


def _says_something(sought: list[str], whole: int) -> bool:
    """One word out of many proves nothing, unless it is a number."""
    return len(sought) > 1 or whole == 1 or sought[0][0].isdigit()
