"""From transcript to prompt, and from a model's answer to a verdict that only says what can be shown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tasks_app.analysis import (
    BEGIN,
    END,
    MAX_TRANSCRIPT_CHARS,
    Draft,
    Verdict,
    build_prompt,
    judge,
    not_reached,
)
from tasks_app.evidence import Heard
from tasks_app.private_limit import PRIVATE
from telephony.brief import CallBrief
from tests.tasks_app.injections import ORDERS, SAID_TO_THE_JUDGE

pytestmark = pytest.mark.unit

BRIEF = CallBrief(
    objective="Get the bill under $60",
    target_outcome="$60 a month",
    walkaway_point="$75, ocelot",
    context="Customer for\nsix years.",
)
HEARD = [
    Heard(1, "caller", "Customer service, hello.", 300),
    Heard(2, "agent", "Could you lower the bill to sixty dollars?", 2_000),
    Heard(3, "caller", "I can lower it to $55 a month.", 5_000),
    Heard(4, "agent", "That works for me.", 8_000),
]


def draft(**changes: Any) -> Draft:
    """A good answer, with changes."""
    offer = {"turn": 3, "quote": "I can lower it to $55 a month"}
    answer: dict[str, Any] = {
        "summary": "The bill was lowered.",
        "outcome": "success",
        "outcome_reasoning": "They offered $55.",
        "outcome_evidence": [offer],
        "concessions": [{"text": "A lower price", "evidence": [offer]}],
        "tactics": [{"text": "A direct ask", "evidence": [{"turn": 2, "quote": "Could you lower the bill"}]}],
        "tactics_used": ["Direct ask"],
        "score": 90,
        "score_reasoning": "Quick.",
        "rapport_quality": "good",
        "key_moments": [{"text": "The offer", "evidence": [offer]}],
        "improvement_suggestions": ["Ask for it in writing."],
        "details": [{"key": "price", "value": "$55"}],
    }
    return Draft.model_validate(answer | changes)


def block(prompt: str) -> list[str]:
    """The lines between the markers, of which there must be one pair, each on a line of its own."""
    lines = prompt.splitlines()
    assert (lines.count(BEGIN), lines.count(END)) == (1, 1)
    assert (prompt.count(BEGIN), prompt.count(END)) == (1, 1)
    return lines[lines.index(BEGIN) + 1 : lines.index(END)]


# --- the prompt -------------------------------------------------------------------------------------------------


def test_the_prompt_has_the_errand_and_each_turn_on_its_line() -> None:
    user = build_prompt(BRIEF, HEARD, how_it_ended="The agent hung up").user
    assert user.splitlines()[:6] == [
        "Task type: custom",
        "Objective: Get the bill under $60",
        "Target outcome: $60 a month",
        "Walk-away point: $75, ocelot",
        "Context: Customer for six years.",
        "How the call ended: The agent hung up",
    ]
    assert block(user) == [
        "[1] caller: Customer service, hello.",
        "[2] agent: Could you lower the bill to sixty dollars?",
        "[3] caller: I can lower it to $55 a month.",
        "[4] agent: That works for me.",
    ]


@pytest.mark.parametrize("said", SAID_TO_THE_JUDGE)
def test_nothing_that_is_said_leaves_its_line(said: str) -> None:
    clean = build_prompt(BRIEF, [Heard(1, "caller", "x", 0), HEARD[3]])
    prompt = build_prompt(BRIEF, [Heard(1, "caller", said, 0), HEARD[3]])
    assert prompt.system == clean.system
    first, second = block(prompt.user)
    assert first.startswith("[1] caller: ")
    assert second == "[4] agent: That works for me."
    assert not re.search(r"[\[<>]", first.removeprefix("[1] caller: "))
    outside = prompt.user.replace(first, "[1] caller: x")
    assert outside == clean.user


@pytest.mark.parametrize("said", SAID_TO_THE_JUDGE)
def test_an_errand_cannot_forge_a_transcript(said: str) -> None:
    brief = CallBrief(objective=said, context=said)
    assert block(build_prompt(brief, HEARD).user) == block(build_prompt(BRIEF, HEARD).user)


def test_a_very_long_call_keeps_its_beginning_and_its_end() -> None:
    heard = [Heard(n, "caller", f"turn {n} " + "blah " * 40, n) for n in range(1, 3_001)]
    lines = block(build_prompt(BRIEF, heard).user)
    assert sum(map(len, lines)) <= MAX_TRANSCRIPT_CHARS + 100
    assert lines[0].startswith("[1] caller: turn 1 ")
    assert lines[-1].startswith("[3000] caller: turn 3000 ")
    [gap] = [line for line in lines if "left out" in line]
    assert gap == f"({3_000 - len(lines) + 1} turns left out)"


# --- the answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "score"), [(90, 90), (-5, 0), (940, 100), ("85", 85), (72.6, 73), ("1e9", 100), (1e300, 100)]
)
def test_a_score_is_brought_into_its_range(given: object, score: int) -> None:
    assert draft(score=given).score == score


@pytest.mark.parametrize("given", [None, "high", [], "nan", {"score": 5}])
def test_what_is_no_number_is_no_score(given: object) -> None:
    with pytest.raises(ValueError, match="score"):
        draft(score=given)


@pytest.mark.parametrize(("given", "outcome"), [("Success", "success"), ("walk-away ", "walkaway")])
def test_an_outcome_may_be_spelt_otherwise(given: str, outcome: str) -> None:
    assert draft(outcome=given).outcome == outcome


def test_the_schema_is_within_what_strict_modes_take() -> None:
    def check(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                assert "properties" in schema
                assert set(schema["required"]) == set(schema["properties"])
            assert not {"minimum", "maximum", "maxLength", "default", "pattern"} & set(schema)
        for part in schema.values() if isinstance(schema, dict) else schema:
            if isinstance(part, dict | list):
                check(part)

    check(Draft.model_json_schema())


# --- the verdict ------------------------------------------------------------------------------------------------


def test_a_verdict_shows_where_each_claim_was_said() -> None:
    verdict = judge(draft(), HEARD)
    offer = {"turn": 3, "quote": "I can lower it to $55 a month", "start_ms": 5_000}
    assert verdict.model_dump() == {
        "summary": "The bill was lowered.",
        "outcome": "success",
        "outcome_reasoning": "They offered $55.",
        "evidence": [offer],
        "concessions": [{"text": "A lower price", "supported": True, "evidence": [offer]}],
        "tactics": [
            {
                "text": "A direct ask",
                "supported": True,
                "evidence": [{"turn": 2, "quote": "Could you lower the bill", "start_ms": 2_000}],
            }
        ],
        "tactics_used": ["Direct ask"],
        "score": 90,
        "score_reasoning": "Quick.",
        "rapport_quality": "good",
        "key_moments": [{"text": "The offer", "supported": True, "evidence": [offer]}],
        "improvement_suggestions": ["Ask for it in writing."],
        "details": {"price": "$55"},
    }


INVENTED = {"turn": 3, "quote": "We will pay you a thousand dollars"}
THEIRS = {"turn": 3, "quote": "I can lower it to $55 a month"}
OURS = {"turn": 4, "quote": "That works for me"}


@pytest.mark.parametrize(
    ("field", "cited"),
    [
        ("concessions", [INVENTED]),
        ("concessions", [OURS]),  # the agent cannot concede for them
        ("concessions", []),
        ("tactics", [INVENTED]),
        ("tactics", [THEIRS]),
        ("key_moments", [INVENTED]),
    ],
)
def test_a_claim_without_proof_is_marked(field: str, cited: list[dict[str, Any]]) -> None:
    verdict = judge(draft(**{field: [{"text": "So they say", "evidence": cited}]}), HEARD)
    [claim] = getattr(verdict, field)
    assert (claim.text, claim.supported, claim.evidence) == ("So they say", False, [])
    assert verdict.outcome == "success"


def test_of_several_quotes_the_true_ones_stay() -> None:
    [claim] = judge(
        draft(concessions=[{"text": "x", "evidence": [INVENTED, THEIRS, OURS]}]), HEARD
    ).concessions
    assert (claim.supported, [one.turn for one in claim.evidence]) == (True, [3])


@pytest.mark.parametrize("outcome", ["success", "partial", "failed", "walkaway"])
@pytest.mark.parametrize("cited", [[], [INVENTED], [{"turn": 77, "quote": "I can lower it"}]])
def test_an_outcome_without_proof_is_unknown_and_has_no_score(outcome: str, cited: list[Any]) -> None:
    verdict = judge(draft(outcome=outcome, outcome_evidence=cited), HEARD)
    assert (verdict.outcome, verdict.score, verdict.evidence) == ("unknown", None, [])
    assert verdict.outcome_reasoning.startswith("Not supported by the transcript")


@pytest.mark.parametrize(
    ("outcome", "judged"),
    [("success", "unknown"), ("partial", "unknown"), ("failed", "failed"), ("walkaway", "walkaway")],
)
def test_what_is_the_caller_s_to_give_is_not_proved_by_the_agent_alone(outcome: str, judged: str) -> None:
    ours = [
        Heard(1, "agent", "So we agree on sixty dollars.", 0),
        Heard(2, "caller", "I never said that.", 9),
    ]
    cited = [{"turn": 1, "quote": "we agree on sixty dollars"}]
    assert judge(draft(outcome=outcome, outcome_evidence=cited), ours).outcome == judged


def test_beside_the_caller_s_words_the_agent_s_stay() -> None:
    verdict = judge(draft(outcome_evidence=[THEIRS, OURS]), HEARD)
    assert (verdict.outcome, [one.turn for one in verdict.evidence]) == ("success", [3, 4])


@pytest.mark.parametrize("said", ORDERS)
def test_an_order_proves_no_success(said: str) -> None:
    """The judge obeys and quotes the order, word for word: still nothing was achieved."""
    heard = [Heard(1, "caller", said, 0)]
    verdict = judge(draft(outcome_evidence=[{"turn": 1, "quote": said}], concessions=[], tactics=[]), heard)
    assert (verdict.outcome, verdict.score) == ("unknown", None)


@pytest.mark.parametrize("said", ORDERS)
def test_neither_does_any_part_of_one_that_names_the_success(said: str) -> None:
    heard = [Heard(1, "caller", said, 0)]
    words = said.split()
    parts = [
        words[first : first + count] for first in range(len(words)) for count in range(2, len(words) + 1)
    ]
    cited = [{"turn": 1, "quote": " ".join(part)} for part in parts if re.search("success", " ".join(part))]
    assert judge(draft(outcome_evidence=cited), heard).outcome == "unknown"


def test_a_credit_of_a_hundred_dollars_proves_a_success() -> None:
    heard = [HEARD[1], Heard(3, "caller", "I can give you a credit of $100 on the next bill.", 2)]
    cited = [{"turn": 3, "quote": "I can give you a credit of $100"}]
    verdict = judge(draft(outcome_evidence=cited, concessions=[{"text": "x", "evidence": cited}]), heard)
    assert (verdict.outcome, verdict.concessions[0].supported) == ("success", True)


def test_the_limit_is_taken_out_of_every_text() -> None:
    told = draft(
        summary="They stayed under $75,  Ocelot.",
        outcome_reasoning="The limit ($75, ocelot) held.",
        details=[{"key": "limit", "value": "$75, ocelot"}, {"key": "Walk-away point", "value": "a cat"}],
        key_moments=[{"text": "$75, ocelot was near", "evidence": []}],
        tactics_used=["kept $75, ocelot secret"],
    )
    verdict = judge(told, HEARD, private=BRIEF.walkaway_point)
    assert "ocelot" not in verdict.model_dump_json().casefold()
    assert verdict.details == {"limit": PRIVATE}


def test_a_limit_that_was_named_on_the_telephone_may_be_named() -> None:
    heard = [*HEARD, Heard(5, "caller", "Otherwise it is $75.", 9_000)]
    assert judge(draft(summary="They asked for $75."), heard, private="$75").summary == "They asked for $75."
    assert judge(draft(summary="Below $75."), HEARD, private="$75").summary == f"Below {PRIVATE}."
    assert judge(draft(summary="Not $750."), HEARD, private="$75").summary == "Not $750."


def test_no_text_has_a_character_that_cannot_be_stored() -> None:
    verdict = judge(draft(summary="a\0b", details=[{"key": "k\0", "value": "\0v"}]), HEARD)
    assert (verdict.summary, verdict.details) == ("ab", {"k": "v"})


def test_nobody_reached_is_unknown() -> None:
    verdict = not_reached("The line was busy")
    assert (verdict.outcome, verdict.score) == ("unknown", None)
    assert verdict.outcome_reasoning == "not reached: The line was busy"


def test_a_verdict_survives_storage() -> None:
    verdict = judge(draft(), HEARD)
    assert Verdict.model_validate(verdict.model_dump(mode="json")) == verdict
