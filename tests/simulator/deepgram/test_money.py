"""Amounts are understood as people say them."""

from __future__ import annotations

import pytest

from simulator.deepgram.money import amounts, in_words, prices, stated_amount

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is $60.", [60]),
        ("sixty dollars", [60]),
        ("60 dollars", [60]),
        ("That makes sixty-five dollars a month", [65]),
        ("only fifty nine ninety nine a month", [59.99]),
        ("nineteen ninety-nine per month", [19.99]),
        ("one hundred and twenty dollars", [120]),
        ("one twenty a month", [120]),
        ("a hundred bucks", [100]),
        ("59.99 per month", [59.99]),
        ("$1,200.50", [1200.5]),
        ("two thousand five hundred dollars", [2500]),
        ("from 80 dollars to $65", [80, 65]),
        ("fifty-nine dollars and ninety-nine cents", [59.99]),
        ("a customer for six years, plan 200", []),
        ("call 555 0100", []),
    ],
)
def test_amounts(text: str, expected: list[float]) -> None:
    assert amounts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I can take $10 off.", []),
        ("A ten dollar discount makes it $70.", [70]),
        ("I could lower it by five dollars to seventy dollars.", [70]),
        ("You would save $20 a month.", []),
    ],
)
def test_reductions_are_not_prices(text: str, expected: list[float]) -> None:
    assert prices(text) == expected


@pytest.mark.parametrize("amount", [0, 1, 13, 40, 60, 59.99, 100, 120, 999, 1250, 2500, 12_345.67])
def test_what_is_said_is_understood(amount: float) -> None:
    assert amounts(in_words(amount)) == [amount]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("under 60 a month", 60), ("Below 59.50", 59.5), ("sixty dollars", 60), ("20 % less", None), ("", None)],
)
def test_a_line_about_money_needs_no_currency(line: str, expected: float | None) -> None:
    assert stated_amount(line) == expected
