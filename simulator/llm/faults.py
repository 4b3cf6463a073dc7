"""Faults of the language models on demand: `POST /simulator/llm-faults` says what goes wrong, and with whom."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from simulator.fault_plan import PlannedFault

Provider = Literal["openai", "anthropic", "groq", "local"]
"""Whose wire format a request came in: the values of LLM_PROVIDER."""


class Fault(StrEnum):
    """What goes wrong with one request."""

    # The request is not answered as it should be.
    DAY = "429_day"
    """429 with a Retry-After of a day."""
    SHORT = "429_short"
    """429 with a Retry-After of a second."""
    SERVER_ERROR = "500"
    HANG = "hang"
    """No answer at all until the client leaves."""
    SLOW_DRIP = "slow_drip"
    """The answer comes byte by byte: no read ever times out, and it takes many minutes."""
    REFUSAL = "refusal"

    # The answer is not the JSON that was asked for.
    BAD_JSON = "bad_json"
    FENCED_JSON = "fenced_json"
    PROSE = "prose"
    TRUNCATED = "truncated"
    """Cut in half, and said to be."""
    EMPTY = "empty"
    HUGE = "huge"
    """About a million tokens."""

    # It is JSON, of another shape.
    WRONG_TYPES = "wrong_types"
    EXTRA_KEYS = "extra_keys"
    OUT_OF_RANGE = "out_of_range"

    # It is a verdict, and wrong.
    INVENTED_QUOTE = "invented_quote"
    WRONG_SPEAKER = "wrong_speaker"
    OBEYS = "obeys"
    """It does what somebody on the phone told the judge to do."""


class LlmFault(PlannedFault):
    """A fault, and whom it strikes."""

    fault: Annotated[Fault, Field(strict=False)]
    provider: Provider | None = None
    """Only requests in this wire format; None means any."""
