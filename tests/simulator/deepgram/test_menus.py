"""Voice menus: which keys are offered, and which of them is pressed for an errand."""

from __future__ import annotations

import pytest

from simulator.deepgram.menus import Option, options, preferred_keys

pytestmark = pytest.mark.unit

MENU = "For sales press 1. For billing press 2. To hear this again press 9."


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (MENU, [("1", "For sales"), ("2", "For billing"), ("9", "To hear this again")]),
        ("Press one for sales, press two for billing.", [("1", "for sales"), ("2", "for billing")]),
        (
            "To pay a bill, press 3, for an agent, dial the star key.",
            [("3", "To pay a bill"), ("*", "for an agent")],
        ),
        (
            "For sales press 1, or press 0 to speak to somebody",
            [("1", "For sales"), ("0", "to speak to somebody")],
        ),
        ("Thank you for calling Acme, press # to go on.", [("#", "to go on")]),
        ("How can I help you press on with it?", []),
    ],
)
def test_the_keys_of_a_menu(text: str, offered: list[tuple[str, str]]) -> None:
    assert [(option.key, option.purpose) for option in options(text)] == offered


@pytest.mark.parametrize(
    ("objective", "keys"),
    [
        ("Get the internet bill under $60", ["2", "0", "1"]),
        ("Bring the monthly rate down", ["2", "0", "1"]),
        ("Ask for sixty dollars a month", ["2", "0", "1"]),
        ("Buy a lamp", ["1", "0", "2"]),
        ("Say thanks", ["0", "1", "2"]),
    ],
)
def test_what_fits_the_errand_is_tried_first_and_then_0(objective: str, keys: list[str]) -> None:
    assert preferred_keys(options(MENU), objective) == keys


def test_somebody_who_serves_anyone_comes_before_0() -> None:
    menu = (Option("1", "for opening hours"), Option("5", "to speak to a representative"))

    assert preferred_keys(menu, "Return the broken lamp") == ["5", "0", "1"]
