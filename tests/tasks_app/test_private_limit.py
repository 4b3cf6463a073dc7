"""The walk-away point is hidden however it is spelt, and only it."""

from __future__ import annotations

import pytest

from tasks_app.private_limit import PRIVATE, hiding

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("limit", "text", "shown"),
    [
        ("$75 a month", "Below $75  a Month.", f"Below {PRIVATE}."),
        ("$75 a month", "It was 75 dollars; $75/month.", f"It was {PRIVATE} dollars; {PRIVATE}/month."),
        ("$75 a month", "seventy-five, Seventy five, 75.00", f"{PRIVATE}, {PRIVATE}, {PRIVATE}"),
        ("seventy-five dollars", "Not above $75.", f"Not above {PRIVATE}."),
        ("$59.99", "fifty-nine ninety-nine or 59,99 €", f"{PRIVATE} or {PRIVATE} €"),
        ("$59.99", "59 dollars and 99 cents", f"{PRIVATE} cents"),
        ("$1,250", "1250, twelve fifty, twelve hundred and fifty", f"{PRIVATE}, {PRIVATE}, {PRIVATE}"),
        ("1250", "one thousand two hundred fifty or 1.25k", f"{PRIVATE} or {PRIVATE}"),
        ("$100", "one hundred", PRIVATE),
        ("$75 for 12 months", "Twelve months.", f"{PRIVATE} months."),
        ("$75", "750, 175, 7.5, 7500 and turn 7", "750, 175, 7.5, 7500 and turn 7"),
        ("no more than 2 times", "Two offers over 2 minutes.", "Two offers over 2 minutes."),
        ("no more than 2 times", "Twice, or two times.", f"Twice, or {PRIVATE} times."),
        ("at most 3 a day", "Three tactics, $3, EUR 3.", f"Three tactics, {PRIVATE}, EUR {PRIVATE}."),
        ("$5", "five", PRIVATE),
        ("5 percent", "At 5%.", f"At {PRIVATE}%."),
        ("one month", "One of two tactics.", "One of two tactics."),
        ("1200 dollars", "1.200, 1 200, 1,200.00", f"{PRIVATE}, {PRIVATE}, {PRIVATE}"),
        ("1200 dollars", "1.200,00 €", f"{PRIVATE} €"),
        ("1.200 euros", "twelve hundred", PRIVATE),
        ("$1200", "1.2 and 11 200 and 1 200 500", "1.2 and 11 200 and 1 200 500"),
        ("$105", "one oh five, one-oh-five", f"{PRIVATE}, {PRIVATE}"),
        ("0.5 percent", ".5 percent, half a percent", f"{PRIVATE} percent, {PRIVATE} a percent"),
        ("0.5 percent", "half of it", "half of it"),
        ("leave if they shout", "They would leave if they shout.", f"They would {PRIVATE}."),
        ("", "75", "75"),
        ("$75", "9" * 100 + " hundred thousand million", "9" * 100 + " hundred thousand million"),
    ],
)
def test_each_spelling_is_hidden(limit: str, text: str, shown: str) -> None:
    assert hiding(limit, ["It is $80 now."])(text) == shown


@pytest.mark.parametrize("said", ["Make it $75.", "No, seventy-five.", "That is 75 dollars a month."])
def test_a_number_that_was_said_is_no_secret(said: str) -> None:
    assert hiding("$75 a year", ["Hello.", said])("It was $75.") == "It was $75."


def test_of_a_limit_that_was_half_said_the_other_half_is_hidden() -> None:
    hide = hiding("$75 for 24 months", ["For 24 months?"])
    assert hide("24 months, $75, and $75 for 24 months") == f"24 months, {PRIVATE}, and {PRIVATE}"
