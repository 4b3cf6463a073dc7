"""What was said in a call: turns as they were heard live, or with the words of the recording merged into them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from telephony.speaker import Speaker

NEAR_MS: Final = 1_500
"""How far a word of the recording may lie from the live turn that it belongs to."""

SPELT_OTHERWISE: Final = 4
"""By how many words the recording may count a reply otherwise than its text, as with `$80` and `eighty dollars`."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the recording, with its punctuation. Times are ms on the call clock."""

    word: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words of one side without a long pause between them."""

    speaker: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class TranscriptTurn:
    """One turn, times in ms on the call clock; `heard` is the part of it that was really played, 0 to 1."""

    number: int
    speaker: str
    text: str
    start_ms: int
    end_ms: int
    heard: float = 1.0
    heard_text: str = ""
    final: bool = True
    words: tuple[Word, ...] = ()

    @property
    def sounded(self) -> str:
        """The words that the other side could hear."""
        return self.text if self.heard >= 1 else self.heard_text

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self) | {"words": [asdict(word) for word in self.words]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TranscriptTurn:
        """Read what `to_json` wrote."""
        return cls(**data | {"words": tuple(Word(**word) for word in data["words"])})


def merge(live: Sequence[TranscriptTurn], utterances: Sequence[Utterance]) -> list[TranscriptTurn]:
    """The live turns with the recording's words, numbered anew in the order in which they began.

    A person's words are the recording's, which hears whole sentences; the agent's stay as its model wrote them. What
    the recording has and no live turn is near, as a hello that was held back, becomes a turn of its own. A reply that
    its process did not live to finish ends where the recording ends it.
    """
    ends_ms = [_may_end_ms(live, turn) for turn in live]
    near: list[list[Word]] = [[] for _ in live]
    alone: list[TranscriptTurn] = []
    for utterance in utterances:
        left: list[Word] = []
        for word in utterance.words:
            nearest = _nearest(live, ends_ms, utterance.speaker, word)
            (left if nearest is None else near[nearest]).append(word)
        if left:
            alone.append(_turn(utterance.speaker, left))
    merged = [_with_words(turn, words) for turn, words in zip(live, near, strict=True)]
    in_order = sorted([*merged, *alone], key=lambda turn: turn.start_ms)
    return [replace(turn, number=number) for number, turn in enumerate(in_order, start=1)]


def _may_end_ms(live: Sequence[TranscriptTurn], turn: TranscriptTurn) -> float:
    """Where words of a turn may end: one that was never finished goes on until its speaker's next."""
    if turn.final:
        return turn.end_ms
    later = (other.start_ms for other in live if other.speaker == turn.speaker and other.number > turn.number)
    return min(later, default=math.inf)


def _nearest(
    live: Sequence[TranscriptTurn], ends_ms: Sequence[float], speaker: str, word: Word
) -> int | None:
    middle = (word.start_ms + word.end_ms) / 2
    distances = [
        (max(turn.start_ms - middle, middle - end_ms, 0), index)
        for index, (turn, end_ms) in enumerate(zip(live, ends_ms, strict=True))
        if turn.speaker == speaker
    ]
    distance, index = min(distances, default=(NEAR_MS + 1, 0))
    return index if distance <= NEAR_MS else None


def _with_words(turn: TranscriptTurn, words: list[Word]) -> TranscriptTurn:
    if not words or not turn.text.strip():
        return replace(turn, final=True)
    words.sort(key=lambda word: word.start_ms)
    turn = replace(turn if turn.final else _finished(turn, words), words=tuple(words))
    if turn.speaker == Speaker.AGENT or 2 * len(words) < len(turn.text.split()):
        return turn  # half of it missing: the live text knows more
    return replace(turn, text=_text(words), start_ms=words[0].start_ms, end_ms=words[-1].end_ms)


def _finished(turn: TranscriptTurn, words: list[Word]) -> TranscriptTurn:
    """An unfinished reply, with as much of its text heard as the recording has, and never less than was known live."""
    heard_text = max(turn.heard_text, _beginning(turn.text, words), key=len)
    heard = round(len(heard_text) / len(turn.text), 3)
    return replace(turn, end_ms=words[-1].end_ms, heard=heard, heard_text=heard_text, final=True)


def _beginning(text: str, words: Sequence[Word]) -> str:
    """`text` up to the last of `words`; the recording may spell some otherwise, or as more words or fewer."""
    spelt = list(re.finditer(r"\S+", text))
    last, count = _bare(words[-1].word), min(len(words), len(spelt))
    near = range(max(1, count - SPELT_OTHERWISE), min(len(spelt), count + SPELT_OTHERWISE) + 1)
    same = [n for n in near if _bare(spelt[n - 1][0]) == last]
    count = min(same, key=lambda n: abs(n - count), default=count)
    return text[: spelt[count - 1].end()]


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).lower()


def _turn(speaker: str, words: list[Word]) -> TranscriptTurn:
    return TranscriptTurn(0, speaker, _text(words), words[0].start_ms, words[-1].end_ms, words=tuple(words))


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.word for word in words)
