"""Where the JSON is in what a model wrote, and what is wrong where there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from pydantic import BaseModel

from tasks_app.analysis import Prompt
from tasks_app.llm.base import MAX_RAW_CHARS, Answer, BadAnswer, Message, ask

pytestmark = pytest.mark.unit


class Found(BaseModel):
    """What is asked for."""

    fruit: str
    parts: dict[str, str]


GOOD = '{"fruit": "fig", "parts": {"seed": "}{"}}'


class Scripted:
    """A model that writes one thing, whatever it is asked."""

    provider = model = "scripted"

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.asked = 0

    async def complete(
        self, system: str, messages: Sequence[Message], schema: type[BaseModel], timeout_s: float
    ) -> Answer:
        """The one thing."""
        self.asked += 1
        return Answer(self.raw, "scripted")


def read(raw: str) -> tuple[Found, int]:
    """The value in `raw`, and how often the model was asked for it."""
    model = Scripted(raw)
    return asyncio.run(ask(model, Prompt("s", "u"), Found, deadline_s=30)).value, model.asked


@pytest.mark.parametrize(
    "raw",
    [
        GOOD,
        f"<think>so {{x}}</think>{GOOD}",
        f"let me think {{x}}</think>{GOOD}",
        f"<think>a</think> <think>{GOOD[:20]}</think>\n```json\n{GOOD}\n```",
        f"Here {{as asked}}: {GOOD} I hope that {{this}} helps.",
        f'{{"thought": "one"}} {{"fruit": 1}}\n{GOOD}',
        f"{'{' * 50} {GOOD}",
        GOOD.replace("fig", "</think>"),
        f'A draft: {{"fruit": "date", "parts": {{}}}} And the answer: {GOOD}',
        f'```json\n{{"fruit": "date", "parts": {{}}}}\n```\nOr rather:\n```json\n{GOOD}\n```',
        f'{GOOD} This leaves out {{"fruit": "date"}}.',
        f"{'{' * 200}\n```json\n{GOOD}\n```",
    ],
)
def test_it_is_found_and_paid_once(raw: str) -> None:
    value, asked = read(raw)
    assert (value.parts, asked) == ({"seed": "}{"}, 1)


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ("", "not JSON"),
        (GOOD[:-3], "not JSON"),
        ('{"seed": {}} and {"seed": "x"}', "not JSON"),  # parts of what is asked for are not it
        ('so {x}: {"fruit": "fig"}', "parts: Field required"),
        ('{"fruit": 1} then {"fruit": "fig"}', "parts: Field required.$"),
        ('{"fruit": 1, "parts": {}}', "fruit: Input should be a valid string"),
    ],
)
def test_what_is_wrong_is_told(raw: str, wrong: str) -> None:
    with pytest.raises(BadAnswer, match=wrong):
        read(raw)


@pytest.mark.parametrize("unit", ["{", '{"a":', "[{", '{"a":"', "{}", "</think>", "```json"])
def test_nonsense_of_the_greatest_length_is_refused_in_a_moment(unit: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadAnswer):
        read(unit * (MAX_RAW_CHARS // len(unit)))
    assert time.monotonic() - began < 10
