"""What every adapter offers, and how its answer becomes a value of the schema: with one repair, in one deadline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Literal, Protocol, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError

from tasks_app.analysis import Prompt
from telephony.retrying import ProviderFailed, with_retries

M = TypeVar("M", bound=BaseModel)

MAX_ANSWER_TOKENS: Final = 8_000
MAX_RAW_CHARS: Final = 200_000
"""Of an answer that is read or kept; longer ones are refused."""
ONE_TRY_S: Final = 80.0
"""A server that hangs leaves time for another try."""

_MAX_REPAIRED_CHARS = 20_000
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_END_OF_THOUGHT = "</think>"  # its beginning may be missing: some servers put it into the prompt
_MAX_BRACES = 100
"""Places at which an object among other text is looked for."""


class Message(TypedDict):
    """One message of the conversation with a model."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, as it wrote it, with its name and what it cost; `cut_off` at the length limit."""

    raw: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cut_off: bool = False


class Model(Protocol):
    """One provider's model."""

    provider: str
    model: str

    async def complete(
        self, system: str, messages: Sequence[Message], schema: type[BaseModel], timeout_s: float
    ) -> Answer:
        """Ask once.

        Raises:
            ProviderFailed: it refused, failed, or cannot be reached.
        """
        ...


class BadAnswer(ProviderFailed):
    """The model's answer is no value of the schema, not even after a repair; `raw` is what it wrote last."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Parsed(Generic[M]):
    """A value of the schema and the answer that it was read from, the cost of a repair included."""

    value: M
    answer: Answer


async def ask(model: Model, prompt: Prompt, schema: type[M], *, deadline_s: float) -> Parsed[M]:
    """Ask until there is a valid answer, a failure that stays, or no time left.

    Raises:
        ProviderFailed: in a sentence, why there is no answer.
    """
    messages: list[Message] = [{"role": "user", "content": prompt.user}]

    async def once() -> Answer:
        timeout_s = min(ONE_TRY_S, deadline_s)
        answer = await model.complete(prompt.system, messages, schema, timeout_s)
        return replace(answer, raw=_encodable(answer.raw), model=_encodable(answer.model))

    async def twice() -> Parsed[M]:
        first = await once()
        value, wrong = _read(first, schema)
        if value is not None:
            return Parsed(value, first)
        messages.append({"role": "assistant", "content": first.raw[:_MAX_REPAIRED_CHARS] or "(nothing)"})
        messages.append({"role": "user", "content": f"{wrong} Answer again, with the JSON object only."})
        try:
            second = await once()
        finally:
            del messages[1:]
        value, wrong = _read(second, schema)
        if value is None:
            raise BadAnswer(f"The model's answer cannot be used: {wrong}", second.raw[:MAX_RAW_CHARS])
        tokens_in, tokens_out = first.input_tokens, first.output_tokens
        paid = replace(
            second,
            input_tokens=second.input_tokens + tokens_in,
            output_tokens=second.output_tokens + tokens_out,
        )
        return Parsed(value, paid)

    return await with_retries(twice, deadline_s=deadline_s)


def count_of_tokens(value: object) -> int:
    """What an answer says that it cost; 0 where it does not say."""
    return value if isinstance(value, int) and 0 < value < 1_000_000_000 else 0


def _encodable(text: str) -> str:
    """Text without half characters, which JSON may hold and nothing else takes."""
    return text.encode("utf-8", "replace").decode()


def _read(answer: Answer, schema: type[M]) -> tuple[M | None, str]:
    """The value in an answer, or what is wrong with it in words that quote nothing of it."""
    if answer.cut_off:
        return None, "It was cut off at the length limit: be much shorter."
    if len(answer.raw) > MAX_RAW_CHARS:
        return None, "It is far too long: be much shorter."
    wrong = ""
    for text in _candidates(answer.raw, schema):
        try:
            return schema.model_validate_json(text), ""
        except ValidationError as error:
            faults = [fault for fault in error.errors(include_input=False) if fault["type"] != "json_invalid"]
            if faults and not wrong:
                wrong = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults[:5]) + "."
    return None, wrong or "It is not JSON."


def _candidates(raw: str, schema: type[BaseModel]) -> list[str]:
    """Where the JSON may be: all of it, behind the thoughts, or among other text and other braces.

    Of several objects the last comes first: what is before it was a draft.
    """
    behind = raw.rpartition(_END_OF_THOUGHT)[2].strip()
    found = [
        raw.strip(),
        behind,
        *reversed(list(_objects(behind, schema))),
        *reversed(_FENCE.findall(behind)),
    ]
    return [candidate for candidate in dict.fromkeys(found) if candidate.strip()]


def _objects(text: str, schema: type[BaseModel]) -> Iterator[str]:
    """The JSON objects in a text that have a field of the schema."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(_MAX_BRACES):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if value.keys() & schema.model_fields.keys():
            yield text[at:end]
        at = text.find("{", end)
