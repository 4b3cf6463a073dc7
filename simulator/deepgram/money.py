"""Amounts of money in what people say: "$60", "60 dollars a month", "sixty-five", "fifty nine ninety nine"."""

from __future__ import annotations

import re

_UNIT_NAMES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TEN_NAMES = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_UNITS = {name: value for value, name in enumerate(_UNIT_NAMES)}
_TENS = {name: 10 * value for value, name in enumerate(_TEN_NAMES, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000}

# Longest first, so that "sixteen" is not read as "six".
_WORD = rf"(?:{'|'.join(sorted([*_UNITS, *_TENS, *_SCALES], key=len, reverse=True))})"
_WORDS = rf"(?:\ba\s+(?=hundred|thousand))?\b{_WORD}(?:(?:[\s-]+|\s+and\s+){_WORD})*\b"
_DIGITS = r"\d[\d,]*(?:\.\d{1,2})?"
_CENTS = rf"(?:\s+and\s+(?P<cents>{_WORDS}|\d{{1,2}})\s+cents?)?"
_CURRENCY = rf"(?:dollars?|bucks|usd)\b{_CENTS}"
_PERIOD = r"(?:(?:a|per|each|every)\s+(?:month|year|week)|monthly|/\s*mo(?:nth)?)\b"
_AMOUNT = re.compile(
    rf"\$\s?(?P<sign>{_DIGITS})|(?P<number>\b{_DIGITS}|{_WORDS})\s*(?:{_CURRENCY}|{_PERIOD})", re.IGNORECASE
)
_BARE = re.compile(rf"\b{_DIGITS}(?!\d|\s*%)")
# A reduction or a fee is not the price.
_REDUCTION_AFTER = re.compile(
    r"^\W*(?:\w+\s+)?(?:off|discount|credit|less|cheaper|back|fee|refund)\b", re.IGNORECASE
)
_REDUCTION_BEFORE = re.compile(r"\b(?:by|saves?|saving|discount of|credit of|fee of)\s*$", re.IGNORECASE)


def amounts(text: str) -> list[float]:
    """Every amount of money in `text`, in order."""
    return [_value(match) for match in _AMOUNT.finditer(text)]


def prices(text: str) -> list[float]:
    """The amounts in `text` that are prices: not reductions ("$10 off"), credits or fees."""
    return [
        _value(match)
        for match in _AMOUNT.finditer(text)
        if not _REDUCTION_AFTER.match(text[match.end() :])
        and not _REDUCTION_BEFORE.search(text[: match.start()])
    ]


def stated_amount(text: str) -> float | None:
    """The first amount in a line that is about money anyway, where "under 60" will do."""
    found = amounts(text)
    if found:
        return found[0]
    bare = _BARE.search(text)
    return float(bare.group().replace(",", "")) if bare else None


def in_words(amount: float) -> str:
    """`amount` as one says it: "fifty-nine dollars and ninety-nine cents"; below a million."""
    dollars, cents = divmod(round(amount * 100), 100)
    said = f"{_number_in_words(dollars)} dollar{'' if dollars == 1 else 's'}"
    return f"{said} and {_number_in_words(cents)} cents" if cents else said


def _value(match: re.Match[str]) -> float:
    cents: str | None = match["cents"]
    return _number(match["sign"] or match["number"]) + (_number(cents) / 100 if cents else 0)


def _number(text: str) -> float:
    digits = text.replace(",", "")
    return float(digits) if digits[0].isdigit() else _spoken_number(re.findall(_WORD, text.lower()))


def _spoken_number(words: list[str]) -> float:
    """Words to a number; two in a row are dollars and cents ("fifty ninety"), or hundreds ("one twenty")."""
    groups: list[int] = []
    takes_below = 0
    for word in words:
        scale = _SCALES.get(word)
        if scale is not None:
            number = groups.pop() if groups else 0
            kept = number - number % 1000 if scale == 100 else 0
            groups.append(kept + max(number - kept, 1) * scale)
            takes_below = scale
            continue
        value = _UNITS.get(word, _TENS.get(word, 0))
        if value < takes_below:
            groups[-1] += value
        else:
            groups.append(value)
        takes_below = 10 if word in _TENS else 0
    if len(groups) == 1:
        return float(groups[0])
    return groups[0] * 100 + groups[1] if groups[0] < 10 else groups[0] + groups[1] / 100


def _number_in_words(number: int) -> str:
    if number < 20:
        return _UNIT_NAMES[number]
    if number < 100:
        tens = _TEN_NAMES[number // 10 - 2]
        return f"{tens}-{_UNIT_NAMES[number % 10]}" if number % 10 else tens
    scale, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    above, rest = divmod(number, scale)
    said = f"{_number_in_words(above)} {name}"
    return f"{said} {_number_in_words(rest)}" if rest else said
