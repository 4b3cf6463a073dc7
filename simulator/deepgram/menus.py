"""Voice menus: which keys a text offers, and which of them serves an objective best."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KEY_NAMES = {name: str(digit) for digit, name in enumerate(_DIGITS)} | {
    "star": "*",
    "pound": "#",
    "hash": "#",
}
_KEY = re.compile(
    rf"\b(?:press|dial|select)\s+(?:the\s+)?(?:number\s+)?(\d|[*#]|(?:{'|'.join(_KEY_NAMES)})\b)(?:\s+key\b)?",
    re.IGNORECASE,
)
_PURPOSE = re.compile(r"\b(?:for(?! calling)|to|if|in)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")

OPERATOR_KEY = "0"
_ANY_CALLER = re.compile(
    r"\b(?:english|representatives?|agents?|operators?|person|people|someone|somebody|human|advis[eo]rs?|specialists?"
    r"|customer (?:service|care)|reception|staff|anything else|other)\b",
    re.IGNORECASE,
)
_REPEAT = re.compile(r"\b(?:again|repeat|previous|main menu|go back|hang up)\b", re.IGNORECASE)
_TOPICS = tuple(
    re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for words in (
        r"bill|invoice|pay|price|pricing|charge|cost|rate|fee\b",
        r"book|reserv|table\b|appointment|schedul",
        r"cancel|close|terminat|retention",
        r"repair|support|technical|fault|outage|broken|connection|problem|trouble",
        r"order|deliver|shipp|parcel|package|return|refund",
        r"buy|sales|purchase|quote|new\b",
    )
)
"""Words that mean the same department, by how they begin; an earlier topic wins."""
_MONEY = re.compile(r"\$|\b(?:dollars?|internet|cheaper|discount)\b", re.IGNORECASE)
_FILLERS = frozenset(
    ["and", "the", "with", "from", "about", "for", "your", "our", "please", "under", "below"]
)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a menu: the key, and the words that say what it is for."""

    key: str
    purpose: str


def options(text: str) -> tuple[Option, ...]:
    """The keys that `text` offers, in order: "for billing press 2", "press 1 to hear your balance"."""
    return tuple(option for sentence in _SENTENCE_END.split(text) for option in _in_sentence(sentence))


def _in_sentence(sentence: str) -> list[Option]:
    found: list[Option] = []
    matches = list(_KEY.finditer(sentence))
    taken = 0
    for index, match in enumerate(matches):
        words = sentence[taken : match.start()]
        taken = match.end()
        if not _PURPOSE.search(words):
            taken = matches[index + 1].start() if index + 1 < len(matches) else len(sentence)
            words = sentence[match.end() : taken]
        key = match[1].lower()
        found.append(Option(_KEY_NAMES.get(key, key), " ".join(re.findall(r"[\w'-]+", words))))
    return found


def preferred_keys(menu: tuple[Option, ...], objective: str) -> list[str]:
    """The keys to try, best first: what fits the objective, then what serves any caller, then 0, then the rest."""
    topic = next((topic for topic in _TOPICS if topic.search(objective)), None)
    if topic is None and _MONEY.search(objective):
        topic = _TOPICS[0]
    in_topic = [option for option in menu if topic is not None and topic.search(option.purpose)]
    wanted = _words(objective)
    alike = [option for option in menu if wanted & _words(option.purpose)]
    anyone = [option for option in menu if _ANY_CALLER.search(option.purpose)]
    rest = [option for option in menu if not _REPEAT.search(option.purpose)]
    keys = [option.key for option in (*in_topic, *alike, *anyone)]
    return list(dict.fromkeys([*keys, OPERATOR_KEY, *(option.key for option in rest)]))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in re.findall(r"[^\W\d_]{3,}", text)) - _FILLERS
