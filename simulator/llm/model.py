"""The simulated language model: a prompt and a schema in, an answer and what it cost out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.llm.case import read_case
from simulator.llm.faults import Fault
from simulator.llm.filling import fill
from simulator.llm.judge import judge
from simulator.llm.misjudging import invent_quotes, mix_up_speakers, obey
from simulator.llm.schemas import schema_in
from simulator.llm.spoiling import as_text, spoil_fields, spoil_text

LETTERS_PER_TOKEN = 4
REFUSAL = "I'm sorry, but I can't help with that."
SMALL_TALK = "Hello! How can I help?"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, why it stopped, and the tokens of both sides."""

    text: str
    stop: Literal["end", "length", "refusal"]
    prompt_tokens: int
    completion_tokens: int


def answer(
    prompt: str,
    *,
    schema: Mapping[str, Any] | None,
    json_wanted: bool,
    max_tokens: int | None,
    fault: Fault | None,
) -> Answer:
    """Answer `prompt`, all of its messages in one text.

    With a `schema`, or one written out in the prompt, the answer is JSON in that shape; without one it is JSON when
    that is wanted or there is a call to judge, else small talk. `max_tokens` cuts it, as providers do.
    """
    prompt_tokens = _tokens(prompt)
    if fault is Fault.REFUSAL:
        return Answer(REFUSAL, "refusal", prompt_tokens, _tokens(REFUSAL))
    case = read_case(prompt)
    if schema is None and not json_wanted and case is None:
        return _limited(SMALL_TALK, max_tokens, prompt_tokens)
    verdict = judge(case)
    match fault:
        case Fault.OBEYS if case is not None:
            verdict = obey(verdict, case)
        case Fault.INVENTED_QUOTE:
            verdict = invent_quotes(verdict)
        case Fault.WRONG_SPEAKER if case is not None:
            verdict = mix_up_speakers(verdict, case)
    wanted = schema_in(prompt) if schema is None else schema
    data = verdict.as_json() if wanted is None else fill(wanted, verdict.as_json())
    text = spoil_text(as_text(spoil_fields(data, fault)), fault)
    if fault is Fault.TRUNCATED:
        return Answer(text, "length", prompt_tokens, _tokens(text))
    return _limited(text, None if fault is Fault.HUGE else max_tokens, prompt_tokens)


def _limited(text: str, max_tokens: int | None, prompt_tokens: int) -> Answer:
    if max_tokens is None or _tokens(text) <= max_tokens:
        return Answer(text, "end", prompt_tokens, _tokens(text))
    return Answer(text[: max_tokens * LETTERS_PER_TOKEN], "length", prompt_tokens, max_tokens)


def _tokens(text: str) -> int:
    return -(-len(text) // LETTERS_PER_TOKEN)
