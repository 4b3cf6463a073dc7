"""What the mind does when no person is on the line, and when one comes to it."""

from __future__ import annotations

import pytest

from simulator.deepgram.conversation import Call, Called, Function, Line
from simulator.ear import INAUDIBLE

from .talking import END_CALL, OPENING, PRESS_KEYS, Talk

pytestmark = pytest.mark.unit

MENU = "For sales press 1. For billing press 2. To hear this again press 9."
INVALID = f"That is not a valid choice. {MENU}"
BUSY = "Please hold, all our agents are busy."
VOICEMAIL = "You have reached Acme. Nobody can answer now. Please leave a message after the tone."
OBJECTIVE = "I would like to get the monthly internet bill under $60."
MESSAGE = "Hello, I am an AI assistant calling on behalf of Dana Reyes. I will call again later. Goodbye."

SITUATED = Function(
    "end_call",
    parameters={
        "reason": (),
        "situation": ("finished", "wrong_number", "voicemail_left", "ivr_stuck", "hold_timeout"),
    },
)
FUNCTIONS = (SITUATED, PRESS_KEYS)


def talk(opening: str = "") -> Talk:
    return Talk(functions=FUNCTIONS, opening=opening)


@pytest.mark.parametrize("opening", ["", OPENING])
def test_through_a_menu_to_a_person_who_is_greeted(opening: str) -> None:
    call = talk(opening)

    assert call.hear(MENU) == ""
    assert call.requests == [(Call("press_keys", {"keys": "2"}),)]
    assert call.hear("Connecting you to billing.") == ""
    assert call.hear("Billing department, hello.") == OPENING
    assert call.hear("How can I help?") == OBJECTIVE
    assert call.keys == ["2"]


def test_another_key_is_tried_each_time_the_menu_comes_again() -> None:
    call = talk()
    for text in (MENU, INVALID, MENU, INVALID):
        assert call.hear(text) == ""
    assert call.keys == ["2", "0", "1", "1"]

    assert call.hear(MENU) == "Goodbye."
    assert call.keys == ["2", "0", "1", "1"]
    assert call.ending["situation"] == "ivr_stuck"


def test_a_refused_key_without_the_menu_is_followed_by_another() -> None:
    call = talk()
    call.hear(MENU)
    call.hear("Sorry, that is not a valid choice.")

    assert call.keys == ["2", "0"]


def test_a_menu_below_a_menu_starts_afresh() -> None:
    call = talk()
    call.hear(MENU)
    call.hear("For your last bill press 1. For another question press 2.")

    assert call.keys == ["2", "1"]


def test_noise_in_a_menu_presses_nothing() -> None:
    call = talk()
    call.hear(MENU)

    assert call.hear(INAUDIBLE) == ""
    assert call.keys == ["2"]


def test_without_keys_a_menu_is_told_what_is_needed() -> None:
    call = Talk(functions=(END_CALL,), opening="")

    assert call.hear(MENU) == "For billing, please."
    assert call.hear("Billing department, hello.") == OPENING


def test_on_hold_it_is_silent_until_a_person_speaks() -> None:
    call = talk(OPENING)
    for text in (BUSY, INAUDIBLE, BUSY, f"{INAUDIBLE} {BUSY}", INAUDIBLE):
        assert call.hear(text) == ""

    assert call.hear(f"{INAUDIBLE} Thank you for waiting, this is Acme, how can I help?") == OPENING
    assert call.hear("Sure, go on.") == OBJECTIVE


def test_one_who_asks_to_hold_and_comes_back_is_not_greeted_again() -> None:
    call = talk(OPENING)
    call.hear("How can I help?")

    assert call.hear("Please hold.") == ""
    assert call.hear(INAUDIBLE) == ""
    assert call.hear("Thanks for waiting. I can do fifty-five dollars.").startswith("That works for me.")


@pytest.mark.parametrize(
    "handover", ["I will connect you to sales.", "Let me transfer you to my colleague.", "Stay on the line."]
)
def test_one_who_hands_over_is_followed_by_another_who_is_greeted(handover: str) -> None:
    call = talk(OPENING)
    call.hear("How can I help?")

    assert call.hear(handover) == ""
    assert call.hear("Sales, what is it about?") == OPENING
    assert call.hear("Go on.") == OBJECTIVE


def test_after_more_than_five_announcements_it_gives_up() -> None:
    call = talk()
    for _ in range(5):
        assert call.hear(BUSY) == ""
        assert call.hear(INAUDIBLE) == ""
    assert call.ending == {}

    assert call.hear(BUSY) == "Goodbye."
    assert call.ending["situation"] == "hold_timeout"


def test_a_person_in_between_is_no_hold() -> None:
    call = talk()
    for _ in range(4):
        call.hear(BUSY)
        call.hear("Hello, how can I help?")

    assert call.ending == {}


@pytest.mark.parametrize("opening", ["", OPENING])
def test_a_voicemail_gets_a_message(opening: str) -> None:
    call = talk(opening)

    assert call.hear(VOICEMAIL) == MESSAGE
    assert call.ending["situation"] == "voicemail_left"
    first = call.moves[0]
    assert first.sentences
    assert [asked.name for asked in first.calls] == ["end_call"]


def test_a_tone_into_the_message_lets_it_begin_again() -> None:
    call = talk()
    call.items += [Line("user", VOICEMAIL), Line("assistant", "Hello, I am an AI assistant.")]

    assert call.hear(INAUDIBLE) == MESSAGE
    assert call.calls == ["end_call"]
    assert call.hear(INAUDIBLE) == MESSAGE
    assert call.calls == ["end_call"]


def test_one_who_offers_to_take_a_message_is_no_voicemail() -> None:
    call = talk()
    call.hear("Hello?")
    call.hear("She is not in. Would you like to leave a message?")

    assert call.ending == {}


@pytest.mark.parametrize(
    ("functions", "ending"),
    [
        (FUNCTIONS, {"reason": "wrong number", "situation": "wrong_number"}),
        ((END_CALL,), {"reason": "wrong number"}),
        ((Function("end_call", parameters={"situation": ("finished",)}),), {"reason": "wrong number"}),
    ],
)
def test_the_situation_is_told_where_the_function_takes_it(
    functions: tuple[Function, ...], ending: dict[str, str]
) -> None:
    call = Talk(functions=functions)

    assert call.hear("There is no company here, you have the wrong number.").startswith("I am sorry")
    assert call.ending == ending


def test_a_call_that_goes_well_is_finished() -> None:
    call = talk(OPENING)
    call.hear("How can I help?")
    call.hear("I can make it 55 dollars.")
    call.hear("Done. Anything else?")

    assert call.ending == {"reason": "settled", "situation": "finished"}


def test_a_resumed_conversation_goes_on_where_it_was() -> None:
    call = talk()
    call.items += [
        Line("user", MENU),
        Called("press_keys", {"keys": "2"}, "ok"),
        Line("user", "Billing department, hello."),
        *(Line("assistant", text) for text in (OPENING, OBJECTIVE)),
    ]

    assert call.hear("I can make it 55 dollars.").startswith("That works for me.")
    assert call.keys == ["2"]
