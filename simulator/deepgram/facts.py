"""What the simulated mind knows: the labelled lines of the system prompt it was given, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simulator.deepgram.money import stated_amount
from simulator.deepgram.whispers import read_whispers

MAX_WORDS = 12
"""The longest sentence said aloud."""

_LIMIT = r"Walk-away point(?: \(private\))?"
_LABELS = (
    "Calling on behalf of",
    "Objective",
    "Context",
    "Target outcome",
    _LIMIT,
    "Opening line",
    "Whisper",
)
_NOUN_PHRASE = re.compile(r"^(?:an?|the|my|our|his|her|their)\b", re.IGNORECASE)
_DANGLING = frozenset(
    [
        "a",
        "an",
        "the",
        "to",
        "of",
        "for",
        "from",
        "in",
        "on",
        "at",
        "by",
        "with",
        "and",
        "or",
        "but",
        "under",
        "my",
        "our",
        "his",
        "her",
        "their",
        "as",
    ]
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The labelled lines of a prompt; empty or None where there is none."""

    principal: str
    objective: str
    context: tuple[str, ...]
    opening: str
    target: float | None
    walkaway: float | None
    wants_more: bool
    """Whether a higher amount is better: the private limit lies below the target."""
    remarks: tuple[str, ...]
    """Whispered during the call, to be said once."""
    told_to_finish: bool

    def better(self, one: float, other: float) -> bool:
        """Whether amount `one` serves the caller better than `other`."""
        return one > other if self.wants_more else one < other

    def meets_target(self, amount: float) -> bool:
        """Whether `amount` is what was asked for, or better."""
        return self.target is not None and not self.better(self.target, amount)

    def within_limit(self, amount: float) -> bool:
        """Whether `amount` is not worse than the private limit; without one, only the target will do."""
        limit = self.target if self.walkaway is None else self.walkaway
        return limit is not None and not self.better(limit, amount)

    def objective_aloud(self) -> str:
        """The objective as one short sentence in the first person."""
        clause = re.split(r"[.;\n]|, ", self.objective)[0].strip()
        clause = re.sub(r"^(?:please|to)\s+", "", clause, flags=re.IGNORECASE)
        if not clause:
            return "I would like your help, please."
        lead = "I am calling about" if _NOUN_PHRASE.match(clause) else "I would like to"
        head = clause if clause[:2].isupper() else clause[0].lower() + clause[1:]
        return f"{shorten(f'{lead} {head}')}."


def shorten(sentence: str) -> str:
    """`sentence` cut to at most twelve words, never ending on a word that wants another."""
    words = sentence.split()
    if len(words) > MAX_WORDS:
        words = words[:MAX_WORDS]
        while words[-1].lower() in _DANGLING:
            words.pop()
    return " ".join(words).rstrip(",;:. ")


def sentences(text: str) -> list[str]:
    """`text` cut into sentences."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]


@lru_cache(maxsize=256)
def read_facts(prompt: str) -> Facts:
    """The facts in `prompt`. A later line with the same label replaces an earlier one."""
    objective = _label(prompt, "Objective")
    target = stated_amount(_label(prompt, "Target outcome"))
    target = stated_amount(objective) if target is None else target
    walkaway = stated_amount(_label(prompt, _LIMIT))
    wants_more = target is not None and walkaway is not None and walkaway < target
    whispered = read_whispers(_labelled(prompt, "Whisper"))
    if whispered.amount is not None:
        target = whispered.amount
        # Whoever names an amount beyond the limit has moved the limit.
        if walkaway is not None:
            walkaway = min(walkaway, target) if wants_more else max(walkaway, target)
    return Facts(
        principal=_label(prompt, "Calling on behalf of").rstrip("."),
        objective=objective,
        context=tuple(sentences(_label(prompt, "Context"))),
        opening=_label(prompt, "Opening line").strip('"'),
        target=target,
        walkaway=walkaway,
        wants_more=wants_more,
        remarks=whispered.remarks,
        told_to_finish=whispered.finish,
    )


def with_addition(prompt: str, addition: str) -> str:
    """`prompt` after an UpdatePrompt, which appends; a line without a label counts as whispered."""
    lines = [line.strip() for line in addition.splitlines() if line.strip()]
    marked = [
        line if any(_labelled(line, label) for label in _LABELS) else f"Whisper: {line}" for line in lines
    ]
    return "\n".join([prompt, *marked])


def _label(prompt: str, label: str) -> str:
    """The text after the last `label:`; "" where there is none."""
    return next(reversed(_labelled(prompt, label)), "")


def _labelled(prompt: str, label: str) -> list[str]:
    """The text after each `label:` at the beginning of a line; list and emphasis marks are skipped."""
    line = rf"^[ \t>*-]*{label}[ \t*]*:[ \t*]*(.+)$"
    return [found.strip() for found in re.findall(line, prompt, re.IGNORECASE | re.MULTILINE)]
