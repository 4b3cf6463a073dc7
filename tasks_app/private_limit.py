"""The walk-away point stays out of every text about a call, however it is spelt, unless it was said aloud there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

PRIVATE: Final = "[private limit]"

_MONEY: Final = "$"

_UNDER_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORTH: Final = {
    **{word: value for value, word in enumerate(_UNDER_TWENTY.split())},
    **{word: value for value, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
}
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "k": 1_000, "million": 1_000_000}

_WORD = rf"\b(?:{'|'.join([*_WORTH, 'hundred', 'thousand', 'million'])})\b"
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*(?:k\b)?|(?<!\w)\.\d+|{_WORD}", re.IGNORECASE)
_WITHIN_NUMBER = re.compile(r"[\s-]{1,3}(?:and\s)?", re.IGNORECASE)
_BEFORE_CENTS = re.compile(
    r"[\s-]{1,3}(?:(?:dollars?|euros?|pounds?|bucks)?,?\s(?:and\s)?)?(?:oh?[\s-])?", re.IGNORECASE
)
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3}(?:[., \u00a0\u202f’']\d{3})+)(?:[.,](\d{1,2}))?(?!\d)")
_HALF = re.compile(r"\bhalf\s(?:an?\s)?(?=per\s?cent|dollar|euro|pound)", re.IGNORECASE)
_MONEY_BEFORE = re.compile(r"(?:[$€£]|\b(?:usd|eur|gbp))\s?$", re.IGNORECASE)
_UNIT = re.compile(
    r"[\s-]?(?:(?P<money>[$€£%]|(?:usd|eur|gbp|dollars?|euros?|pounds?|bucks?|quid|cents?|percent|per\scent)\b)"
    r"|(?P<word>[^\W\d_]+))",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(slots=True)
class _Number:
    """A number in a text; `open_below` is what the next word must be less than to belong to it."""

    value: Decimal
    start: int
    end: int
    open_below: int


def hiding(limit: str, said: Iterable[str]) -> Callable[[str], str]:
    """What replaces `limit`, and each of its numbers, in a text; what was `said` on the telephone may be shown."""
    spoken = list(said)
    literal = _literal(limit)
    if literal is not None and any(literal.search(text) for text in spoken):
        literal = None
    shown = {value for text in spoken for value, _, _ in _values(text)}
    secret = {(value, _unit(limit, start, end)) for value, start, end in _values(limit) if value not in shown}

    def is_secret(text: str, value: Decimal, start: int, end: int) -> bool:
        units = {unit for known, unit in secret if known == value}
        if not units or not _is_small(value) or _MONEY in units:
            return bool(units)
        return _unit(text, start, end) in {_MONEY, *units} - {""}

    def hide(text: str) -> str:
        text = literal.sub(PRIVATE, text) if literal else text
        covered = len(text)
        places = {(start, end) for value, start, end in _values(text) if is_secret(text, value, start, end)}
        for start, end in sorted(places, reverse=True):
            if end <= covered and text[start:end].casefold() != "one":  # "one of them" tells nothing
                start -= text[:start].endswith(("$", "€", "£"))
                text, covered = f"{text[:start]}{PRIVATE}{text[end:]}", start
        return text

    return hide


def _is_small(value: Decimal) -> bool:
    """Two is in every text: such a number tells something only beside its unit."""
    return value < 10 and value == int(value)


def _unit(text: str, start: int, end: int) -> str:
    """What a number counts: money, or the word behind it, or nothing."""
    behind = _UNIT.match(text, end)
    if _MONEY_BEFORE.search(text[max(0, start - 5) : start]) or (behind and behind["money"]):
        return _MONEY
    return behind["word"].casefold() if behind else ""


def _literal(limit: str) -> re.Pattern[str] | None:
    words = r"\s+".join(re.escape(word) for word in limit.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE) if words else None


def _values(text: str) -> Iterator[tuple[Decimal, int, int]]:
    """(value, start, end) of each number, and of each two that may be one price: fifty-nine ninety-nine.

    What has groups of three digits is read as thousands too: 1.200.
    """
    for match in _GROUPED.finditer(text):
        digits = "".join(filter(str.isdecimal, match[1]))
        yield Decimal(f"{digits}.{match[2] or 0}"), match.start(), match.end()
    for match in _HALF.finditer(text):
        yield Decimal("0.5"), match.start(), match.start() + len("half")
    numbers = list(_numbers(text))
    for one in numbers:
        yield one.value, one.start, one.end
    for one, other in pairwise(numbers):
        between = _BEFORE_CENTS.fullmatch(text, one.end, other.start)
        if between and 0 < other.value < 100 and other.value == int(other.value):
            yield one.value + other.value / 100, one.start, other.end
            yield one.value * 100 + other.value, one.start, other.end


def _numbers(text: str) -> Iterator[_Number]:
    """The numbers of a text, in digits and in English words."""
    current: _Number | None = None
    for match in _TOKEN.finditer(text):
        token = match[0].casefold()
        joined = current is not None and bool(_WITHIN_NUMBER.fullmatch(text, current.end, match.start()))
        if current is not None and joined and token in _SCALES and current.value < 1_000_000:
            _multiply(current, _SCALES[token])
            current.end = match.end()
            continue
        if current is not None and joined and _WORTH.get(token, 1_000) < current.open_below:
            current.value += _WORTH[token]
            current.end, current.open_below = match.end(), _room(_WORTH[token])
            continue
        if current is not None:
            yield current
        current = _number(token, match.start(), match.end())
    if current is not None:
        yield current


def _number(token: str, start: int, end: int) -> _Number:
    if token in _WORTH:
        return _Number(Decimal(_WORTH[token]), start, end, _room(_WORTH[token]))
    if token in _SCALES:  # "a hundred"
        return _Number(Decimal(_SCALES[token]), start, end, _SCALES[token])
    digits = token.removesuffix("k")
    plain = digits.replace(",", "") if _THOUSANDS.fullmatch(digits) else digits.replace(",", ".")
    whole, _, rest = plain.partition(".")
    value = Decimal(f"{whole}.{rest.replace('.', '') or 0}")
    return _Number(value * (1_000 if token.endswith("k") else 1), start, end, 0)


def _multiply(number: _Number, scale: int) -> None:
    """Two hundred thousand is 200 times 1,000; in one thousand two hundred only the two is multiplied."""
    last = number.value % 1_000 if scale == 100 else number.value
    number.value += max(last, Decimal(1)) * scale - last
    number.open_below = scale


def _room(worth: int) -> int:
    """Twenty may be followed by a unit, a unit and a teen by nothing."""
    return 10 if worth >= 20 else 0
