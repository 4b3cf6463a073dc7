"""Any schema that is near to the verdict's is filled validly, and providers' rules about schemas are kept."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field

from simulator.llm.case import read_case
from simulator.llm.filling import fill
from simulator.llm.judge import judge
from simulator.llm.schemas import anthropic_complaint, openai_complaint, schema_in

from .conftest import Verdict, prompt

pytestmark = pytest.mark.unit

SOURCE = judge(read_case(prompt())).as_json()


class Proof(BaseModel):
    turn_number: int | None
    quote: str = Field(max_length=12)
    start_ms: int | None


class Moment(BaseModel):
    description: str
    proofs: list[Proof] = Field(min_length=1)


class Otherwise(BaseModel):
    """A verdict as somebody else would have cut it."""

    version: Literal["2"]
    outcome: Literal["won", "lost"]
    score: float = Field(ge=1, le=10)
    concessions: list[str] = Field(max_length=1)
    key_moments: list[Moment]
    best_moment: Moment | None
    outcome_evidence: Proof
    tactics_used: list[str]
    follow_up_needed: bool
    details: dict[str, str]


def test_the_verdicts_own_shape_is_filled_by_name() -> None:
    filled = Verdict.model_validate(fill(Verdict.model_json_schema(), SOURCE))

    assert (filled.outcome, filled.score) == ("success", 92)
    assert filled.concessions[0].evidence.turn == 3
    assert filled.tactics_used == [tactic.name for tactic in filled.tactics]
    assert {detail.key for detail in filled.details} == {"agreed_price"}


def test_another_shape_is_filled_validly() -> None:
    filled = Otherwise.model_validate(fill(Otherwise.model_json_schema(), SOURCE))

    assert filled.score == 10
    assert len(filled.concessions) == 1
    assert filled.concessions[0].startswith("The price came to")
    assert filled.outcome_evidence.turn_number == 5
    assert filled.details == {"agreed_price": "55.00"}
    assert len(filled.key_moments) == 3


def test_nothing_known_is_filled_by_type() -> None:
    filled = Otherwise.model_validate(fill(Otherwise.model_json_schema(), {}))

    assert (filled.outcome, filled.score, filled.key_moments) == ("won", 1, [])


def test_a_verdict_of_nothing_is_valid_as_well() -> None:
    empty = judge(None).as_json()

    assert Verdict.model_validate(fill(Verdict.model_json_schema(), empty)).outcome == "unknown"


def test_what_the_openai_sdk_makes_of_a_model_is_accepted() -> None:
    assert openai_complaint(to_strict_json_schema(Verdict)) is None


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        (Verdict.model_json_schema(), "additionalProperties"),
        (to_strict_json_schema(Otherwise), "properties', 'details"),
        ({"type": "array"}, "type"),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"a": {"type": "string"}},
                "required": [],
            },
            "Missing 'a'",
        ),
    ],
    ids=["open objects", "an open mapping", "no object", "an optional field"],
)
def test_what_openai_refuses(schema: dict[str, Any], complaint: str) -> None:
    assert complaint in (openai_complaint(schema) or "")


def test_what_anthropic_refuses() -> None:
    assert "additionalProperties" in (anthropic_complaint(Verdict.model_json_schema()) or "")
    assert "maximum" in (anthropic_complaint(to_strict_json_schema(Verdict)) or "")


def test_a_schema_in_a_prompt_is_found_behind_other_braces() -> None:
    schema = {"type": "object", "properties": {"outcome": {"type": "string"}}}

    assert schema_in(f'Use {{braces}} like {{"a": 1}}. Schema: {schema!r}'.replace("'", '"')) == schema
    assert schema_in("no { schema } here") is None
