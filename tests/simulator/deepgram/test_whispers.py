"""What is appended to the prompt changes what the mind does."""

from __future__ import annotations

import pytest

from simulator.deepgram.facts import read_facts, with_addition
from simulator.deepgram.whispers import Whispered, read_whispers

from .talking import PROMPT, Talk

pytestmark = pytest.mark.unit

SELLING = "Objective: Sell the bicycle\nTarget outcome: $300\nWalk-away point (private): $250\n"


@pytest.mark.parametrize(
    ("whisper", "understood"),
    [
        ("accept $65", Whispered(amount=65)),
        ("You may go up to 70 dollars.", Whispered(amount=70)),
        ("Do not accept $65", Whispered()),
        (
            "Please ask about a loyalty discount.",
            Whispered(remarks=("Could you tell me about a loyalty discount?",)),
        ),
        (
            "ask if they have a new plan",
            Whispered(remarks=("Could you tell me whether they have a new plan?",)),
        ),
        ("tell them that I have been ill", Whispered(remarks=("I have been ill.",))),
        ("Wrap it up now.", Whispered(finish=True)),
        ("The weather is nice", Whispered()),
    ],
)
def test_what_is_understood_of_a_whisper(whisper: str, understood: Whispered) -> None:
    assert read_whispers([whisper]) == understood


@pytest.mark.parametrize(
    "addition", ["accept $65", "Whisper: accept $65", "Hello agent,\nplease accept $65 now"]
)
def test_a_price_whispered_is_accepted(addition: str) -> None:
    talk = Talk()
    talk.hear("How can I help?")
    talk.hear("I can do 65 dollars.")
    talk.prompt = with_addition(talk.prompt, addition)

    assert talk.hear("It is still 65 dollars.").startswith("That works for me.")


@pytest.mark.parametrize(
    ("prompt", "whisper", "target", "limit", "wants_more"),
    [
        (PROMPT, "accept $65", 65, 75, False),
        (PROMPT, "accept $80", 80, 80, False),
        (SELLING, "accept $240", 240, 240, True),
        ("Objective: Book a table", "pay $20", 20, None, False),
    ],
)
def test_who_names_an_amount_beyond_the_limit_moves_it(
    prompt: str, whisper: str, target: float, limit: float | None, wants_more: bool
) -> None:
    facts = read_facts(with_addition(prompt, whisper))

    assert (facts.target, facts.walkaway, facts.wants_more) == (target, limit, wants_more)


def test_a_labelled_line_replaces_and_is_no_whisper() -> None:
    facts = read_facts(with_addition(PROMPT, "Objective: cancel the contract\n\n"))

    assert facts.objective_aloud() == "I would like to cancel the contract."
    assert facts.remarks == ()


def test_a_remark_is_made_once() -> None:
    talk = Talk()
    talk.hear("How can I help?")
    talk.prompt = with_addition(talk.prompt, "Ask about the loyalty discount")

    assert talk.hear("I see.") == "Could you tell me about the loyalty discount?"
    assert talk.hear("There is none.") != "Could you tell me about the loyalty discount?"


def test_told_to_finish_it_does() -> None:
    talk = Talk()
    talk.prompt = with_addition(talk.prompt, "end the call")

    assert talk.hear("How can I help?").endswith("Goodbye.")
    assert talk.calls == ["end_call"]


def test_the_limit_is_not_told_because_it_was_whispered() -> None:
    talk = Talk()
    talk.hear("How can I help?")
    talk.prompt = with_addition(talk.prompt, "say our limit is $75")

    assert "75" not in talk.hear("I see.")
