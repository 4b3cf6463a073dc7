"""What the person called for whispers to the simulated agent during the call, as far as it understands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.deepgram.money import amounts

_AMOUNT_AFTER = re.compile(
    r"\b(?:accept|agree to|settle for|take|go (?:up |down )?to|aim for|ask for|offer|pay|target)\b([^.;!?]*)",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\bnot|n['’]t|\bnever)\s+$", re.IGNORECASE)
_FINISH = re.compile(
    r"\b(?:wrap (?:it |this |things )?up|(?:end|finish) (?:the|this) call|hang up|say (?:good ?)?bye)\b",
    re.IGNORECASE,
)
_ASK = re.compile(
    r"^(?:please |now |also )*ask (?:them |him |her )?(about|for|if|whether|when|what|which|how|why|where) (.+)$",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"^(?:please |now |also )*(?:say|mention|tell (?:them|him|her))(?: that)? (.+)$", re.IGNORECASE
)
_QUESTIONS = {"about": "Could you tell me about {}?", "for": "Could I have {}, please?"}


@dataclass(frozen=True, slots=True)
class Whispered:
    """What came of all whispers; a later amount replaces an earlier one."""

    amount: float | None = None
    """A price that will do from now on."""
    remarks: tuple[str, ...] = ()
    """Sentences to be said once."""
    finish: bool = False


def read_whispers(whispers: Iterable[str]) -> Whispered:
    """Understand `whispers`, in order: "accept $65", "ask about a loyalty discount", "wrap it up"."""
    amount: float | None = None
    remarks: list[str] = []
    finish = False
    for whisper in whispers:
        named = _named_amount(whisper)
        if named is not None:
            amount = named
        elif _FINISH.search(whisper):
            finish = True
        elif remark := _remark(whisper):
            remarks.append(remark)
    return Whispered(amount, tuple(remarks), finish)


def _named_amount(whisper: str) -> float | None:
    for match in _AMOUNT_AFTER.finditer(whisper):
        found = amounts(match[1])
        if found and not _NEGATED.search(whisper[: match.start()]):
            return found[-1]
    return None


def _remark(whisper: str) -> str:
    text = whisper.strip().rstrip(".?! ")
    if asked := _ASK.match(text):
        word, rest = asked[1].lower(), asked[2]
        return _QUESTIONS.get(word, f"Could you tell me {'whether' if word == 'if' else word} {{}}?").format(
            rest
        )
    if told := _SAY.match(text):
        return f"{told[1][0].upper()}{told[1][1:]}."
    return ""
