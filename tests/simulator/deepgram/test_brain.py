"""What the simulated agent says follows from its prompt and from what it hears."""

from __future__ import annotations

import pytest

from simulator.deepgram.conversation import Line
from simulator.deepgram.facts import MAX_WORDS, read_facts
from simulator.deepgram.talk import ACCEPTED, SETTLED_FOR

from .talking import OPENING, PROMPT, Talk

pytestmark = pytest.mark.unit


def test_a_clerks_call() -> None:
    talk = Talk()

    assert talk.hear("Sure, how can I help?") == "I would like to get the monthly internet bill under $60."
    assert "sixty dollars?" in talk.hear("I could do seventy dollars a month.")
    assert talk.hear("I can go down to 58 dollars.").startswith(
        f"{ACCEPTED} Please go ahead with fifty-eight"
    )
    assert talk.hear("It is applied. Anything else?").endswith("Goodbye.")

    assert talk.calls == ["update_strategy", "end_call"]
    assert talk.ended_because == "settled"


def test_what_it_wants_comes_from_the_prompt() -> None:
    talk = Talk(PROMPT.replace("$60", "$45"))

    talk.hear("How can I help?")

    assert "forty-five dollars" in talk.hear("I can do sixty dollars.")


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ("Book a table for two on Friday", "I would like to book a table for two on Friday."),
        ("to cancel the gym membership; be firm", "I would like to cancel the gym membership."),
        ("A refund for the broken lamp.", "I am calling about A refund for the broken lamp."),
        ("", "I would like your help, please."),
    ],
)
def test_the_objective_is_said_in_the_first_person(objective: str, said: str) -> None:
    prompt = f"Objective: {objective}\n"

    assert Talk(prompt, opening="Hello.").hear("How can I help?").lower() == said.lower()


def test_without_a_greeting_it_begins_with_the_opening_line() -> None:
    assert Talk(opening="").hear("Hello?") == OPENING


@pytest.mark.parametrize("question", ["Who is this?", "Am I talking to a robot?", "Are you a real person?"])
def test_it_never_denies_what_it_is(question: str) -> None:
    answer = Talk().hear(question)

    assert answer.startswith("I am an AI assistant. I am calling for Dana Reyes.")


def test_questions_are_answered_from_the_context() -> None:
    talk = Talk()
    talk.hear("How can I help?")

    assert talk.hear("What is the account name?") == "The name is Dana Reyes."
    assert talk.hear("And for how long, what plan?") == "A customer for six years."
    assert talk.hear("What are you hoping for?") == "We are hoping for sixty dollars."


def test_three_fruitless_rounds_above_the_limit_end_the_call() -> None:
    talk = Talk()
    talk.hear("How can I help?")
    for refusal in (
        "It is $82.",
        "We can't go lower.",
        "The best I can do is $80.",
        "No lower, I am afraid.",
    ):
        assert talk.ended_because is None
        talk.hear(refusal)
    talk.hear("It really is $80.")

    assert talk.ended_because == "no acceptable offer"
    assert talk.calls == ["update_strategy", "update_strategy", "update_strategy", "end_call"]


def test_after_fruitless_rounds_it_takes_an_offer_within_the_limit() -> None:
    talk = Talk()
    talk.hear("How can I help?")
    talk.hear("I can do seventy dollars.")
    answers = [talk.hear("No, I cannot go lower.") for _ in range(3)]

    assert answers[-1].startswith(SETTLED_FOR)
    talk.hear("Done.")
    assert talk.ended_because == "settled"


def test_a_seller_wants_more_and_takes_no_less_than_the_limit() -> None:
    prompt = "Objective: Sell the bicycle\nTarget outcome: $300\nWalk-away point (private): $250\n"
    talk = Talk(prompt, opening="Hello, I am an AI assistant.")
    talk.hear("Hello?")

    assert "three hundred dollars" in talk.hear("I would give two hundred dollars.")
    assert talk.hear("All right, 310 dollars.").startswith(ACCEPTED)


def test_it_asks_again_twice_and_gives_up_when_nothing_can_be_heard() -> None:
    talk = Talk()

    assert [talk.hear("(inaudible)").startswith("Sorry, I could not hear you.") for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert talk.ended_because == "could not hear the other side"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Wrong number, mate.", "wrong number"),
        ("I have to go, goodbye.", "the other side said goodbye"),
    ],
)
def test_it_ends_when_the_other_side_ends(said: str, reason: str) -> None:
    talk = Talk()
    talk.hear(said)

    assert talk.ended_because == reason


def test_asked_to_repeat_it_says_its_last_turn_again() -> None:
    talk = Talk()
    first = talk.hear("How can I help?")

    assert talk.hear("Could you say that again?") == first


def test_without_functions_it_calls_none() -> None:
    talk = Talk(functions=())

    talk.hear("I can do $70.")
    assert talk.hear("Bye.").endswith("Goodbye.")
    assert talk.calls == []


@pytest.mark.parametrize(
    "prompt",
    [
        PROMPT,
        PROMPT.replace("Get the", "Pay at most $75 for the"),
        PROMPT.replace("A customer for six years.", "We would pay up to seventy-five dollars."),
        PROMPT.replace("It is about", "We pay up to $75. It is about"),
    ],
)
def test_the_private_limit_is_never_said_and_sentences_are_short(prompt: str) -> None:
    talk = Talk(prompt, opening="")
    answers = [
        talk.hear(text)
        for text in (
            "Hello?",
            "Who is this?",
            "How can I help?",
            "What plan, and what is the reason?",
            "What is your budget?",
            "I can do seventy five dollars.",
            "No lower than $75.",
            "Sorry, no.",
            "We can't.",
            "Bye.",
        )
    ]

    said = " ".join(answers)
    assert "75" not in said
    assert "seventy-five" not in said
    opening = read_facts(prompt).opening
    ours = [item.text for item in talk.items if isinstance(item, Line) and item.role == "assistant"]
    assert all(len(text.split()) <= MAX_WORDS for text in ours if text not in opening)


def test_a_conversation_without_end_is_ended() -> None:
    talk = Talk()
    for _ in range(30):
        talk.hear("Of course.")

    assert talk.ended_because in {"no progress", "settled"}
