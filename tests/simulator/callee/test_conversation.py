"""What callees answer to what they hear."""

from __future__ import annotations

import pytest

from simulator.callee.conversation import Answer, Conversation
from simulator.callee.directory import Directory
from simulator.callee.scenario import Scenario
from simulator.config import SCENARIOS_DIR
from simulator.room import INAUDIBLE

pytestmark = pytest.mark.unit


def scenario(**fields: object) -> Scenario:
    return Scenario.model_validate({"name": "n", "number": "+12025550100", "description": "d", **fields})


def shipped(name: str) -> Conversation:
    return Conversation(Directory.load(SCENARIOS_DIR).scenarios[name])


def test_texts_of_a_reply_come_in_turn_and_the_last_repeats() -> None:
    conversation = Conversation(scenario(replies=[{"hear": "price", "say": ["$79", "$69"]}]))
    assert [conversation.answer("The price?").say for _ in range(3)] == ["$79", "$69", "$69"]


def test_a_reply_given_once_leaves_room_for_the_next() -> None:
    replies = [{"hear": "hello", "say": "first", "once": True}, {"hear": ".", "say": "second"}]
    conversation = Conversation(scenario(replies=replies))
    assert [conversation.answer("Hello").say for _ in range(3)] == ["first", "second", "second"]


def test_fallbacks_take_turns() -> None:
    conversation = Conversation(scenario(fallback=["a", "b"]))
    assert [conversation.answer("x").say for _ in range(3)] == ["a", "b", "a"]


def test_a_goodbye_wins_over_every_reply() -> None:
    conversation = Conversation(scenario(replies=[{"hear": ".", "say": "x"}]))
    assert conversation.answer("Thank you, goodbye.") == Answer("Bye.", leave=True)


def test_a_reply_may_press_keys_and_hang_up() -> None:
    conversation = Conversation(
        scenario(replies=[{"hear": "code", "say": "Here.", "press": "12#", "then": "hang_up"}])
    )
    assert conversation.answer("Your code?") == Answer("Here.", press="12#", hang_up=True)


def test_what_was_not_understood_is_said_so_three_times() -> None:
    conversation = Conversation(scenario(inaudible="What?"))
    answers = [conversation.answer(INAUDIBLE) for _ in range(3)]
    assert answers == [Answer("What?"), Answer("What?"), Answer("What?", hang_up=True)]


def test_words_count_more_than_noise_around_them() -> None:
    conversation = Conversation(scenario(replies=[{"hear": "^price$", "say": "$79"}]))
    assert conversation.answer(f"{INAUDIBLE} price").say == "$79"


def test_the_clerk_lowers_the_price_and_confirms_it() -> None:
    clerk = shipped("clerk")
    assert "$55" in clerk.answer("This is an AI assistant calling about lowering my internet bill.").say
    assert "Done" in clerk.answer("That works for me. Please go ahead with fifty-five dollars.").say
    assert clerk.answer("That is all. Thank you, goodbye.").leave


def test_the_haggler_comes_down_step_by_step() -> None:
    haggler = shipped("haggler")
    asked = [
        "Hello, I am an AI assistant, about your price.",
        "That is too much.",
        "Still too much.",
        "Lower, please.",
    ]
    prices = [haggler.answer(text).say for text in asked]
    assert [next(word.strip(".,") for word in text.split() if "$" in word) for text in prices] == [
        "$79",
        "$69",
        "$62",
        "$58",
    ]
    assert "noted" in haggler.answer("Deal, I accept.").say


def test_the_wrong_number_bears_two_more_turns() -> None:
    person = shipped("wrong_number")
    answers = [person.answer("I am calling about the bill of my customer.") for _ in range(4)]
    assert answers[0].say == "There is no company here, you have the wrong number."
    assert [answer.hang_up for answer in answers] == [False, False, False, True]


def test_keys_answer_the_first_turn_and_words_the_next() -> None:
    clerk = shipped("presses_keys")
    asked = "Could you lower the price?"
    assert clerk.answer(asked) == Answer("I will key it in for you.", press="42#")
    assert clerk.answer(asked) == Answer("I can lower it to $55 a month.")
