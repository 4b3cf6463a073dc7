"""A small declarative checker of JSON, as strict as the service that is simulated.

A check takes a value and where it stands ("$.agent.think") and yields problems. Wrong structure (unknown or missing
keys, wrong types) is unparsable; a known key with a value that will not do is invalid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNPARSABLE = "UNPARSABLE_CLIENT_MESSAGE"
INVALID = "INVALID_SETTINGS"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message is refused: the service's error code, where, and what is wrong."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


Check = Callable[[Any, str], Iterator[Problem]]


def text(*, choices: tuple[str, ...] = (), pattern: str = ".*") -> Check:
    """A string, one of `choices` if given, that matches `pattern` as a whole."""

    def check(value: Any, where: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(UNPARSABLE, where, "must be a string")
        elif choices and value not in choices:
            yield Problem(INVALID, where, f"must be one of {', '.join(choices)}")
        elif not re.fullmatch(pattern, value, re.DOTALL):
            yield Problem(INVALID, where, f"must match {pattern}")

    return check


def number(low: float = float("-inf"), high: float = float("inf"), *, whole: bool = False) -> Check:
    """A number from `low` to `high`; `whole` means an integer."""

    def check(value: Any, where: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            yield Problem(UNPARSABLE, where, f"must be {'an integer' if whole else 'a number'}")
        elif not low <= value <= high:
            yield Problem(INVALID, where, f"must be from {low:g} to {high:g}")

    return check


def flag(value: Any, where: str) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield Problem(UNPARSABLE, where, "must be true or false")


def anything(_value: Any, _where: str) -> Iterator[Problem]:
    """Any JSON value."""
    yield from ()


def mapping_of(check_value: Check) -> Check:
    """An object with any keys, whose values pass `check_value`."""

    def check(value: Any, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(UNPARSABLE, where, "must be an object")
            return
        for key, item in value.items():
            yield from check_value(item, f"{where}.{key}")

    return check


def list_of(check_item: Check, *, least: int = 0) -> Check:
    """An array of at least `least` items that pass `check_item`."""

    def check(value: Any, where: str) -> Iterator[Problem]:
        if not isinstance(value, list) or len(value) < least:
            yield Problem(UNPARSABLE, where, "must be an array" + (" with an item" if least else ""))
            return
        for index, item in enumerate(value):
            yield from check_item(item, f"{where}[{index}]")

    return check


def one_or_list(check_item: Check) -> Check:
    """One item, or a fallback chain of several."""
    several = list_of(check_item, least=1)

    def check(value: Any, where: str) -> Iterator[Problem]:
        yield from (several if isinstance(value, list) else check_item)(value, where)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these keys, the optional ones or not."""
    known = {**required, **(optional or {})}

    def check(value: Any, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(UNPARSABLE, where, "must be an object")
            return
        for key in required:
            if key not in value:
                yield Problem(UNPARSABLE, where, f"missing field {key!r}")
        for key, item in value.items():
            if key not in known:
                yield Problem(UNPARSABLE, f"{where}.{key}", "unknown field")
            else:
                yield from known[key](item, f"{where}.{key}")

    return check


def tagged(key: str, records: Mapping[str, Check], *, default: str | None = None) -> Check:
    """An object whose field `key` tells which of `records` it is; `default` where the field is absent."""
    tag = text(choices=tuple(records))

    def check(value: Any, where: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(UNPARSABLE, where, "must be an object")
            return
        kind = value.get(key, default)
        if kind is None:
            yield Problem(UNPARSABLE, where, f"missing field {key!r}")
        elif isinstance(kind, str) and kind in records:
            yield from records[kind](value, where)
        else:
            yield from tag(kind, f"{where}.{key}")

    return check


def also(check_first: Check, check_then: Check) -> Check:
    """`check_first`, and `check_then` on what passed it: for rules between fields."""

    def check(value: Any, where: str) -> Iterator[Problem]:
        problems = list(check_first(value, where))
        yield from problems or check_then(value, where)

    return check
