"""Scenarios: who answers at which number, what they say, and when. Data, checked."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from simulator.callee.machines import Machine


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the text names file, field and what is wrong."""


class Outcome(StrEnum):
    """What dialling the number comes to."""

    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    REFUSED = "refused"
    """There is no call: the REST API answers with an error."""


class Then(StrEnum):
    """What follows a reply."""

    NONE = "none"
    HANG_UP = "hang_up"


def _pattern(value: object) -> re.Pattern[str]:
    try:
        return re.compile(str(value), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


Hear = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
"""A regular expression searched, in any case, in what was heard."""
Texts = Annotated[list[str], BeforeValidator(_texts), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Greeting(_Part):
    """What is said first, `after_ms` after the line has sound; a recording (`audio`) or spoken text."""

    say: str = ""
    audio: Path | None = None
    after_ms: int = Field(default=300, ge=0)


class Reply(_Part):
    """Said when `hear` matches: the first text the first time, then the second; the last one repeats."""

    hear: Hear
    say: Texts
    once: bool = False
    press: str = Field(default="", pattern=r"^[0-9A-D#*]*$")
    """Keys pressed with it."""
    then: Then = Then.NONE


class Interrupt(_Part):
    """Done in the middle of the agent's `utterance` (1 is its first), `after_ms` after that one began.

    When that one is shorter, it is done in the next that is not.
    """

    utterance: int = Field(ge=1)
    after_ms: int = Field(ge=0)
    say: str = ""
    then: Then = Then.NONE


class Goodbye(_Part):
    """At a goodbye: an answer, then up to `wait_s` for the other side to hang up."""

    hear: Hear = Field(
        default=re.compile(r"\b(good)?bye\b|have a (nice|good|great|lovely|wonderful) day", re.I)
    )
    say: str = "Bye."
    wait_s: float = Field(default=4, ge=0)


class Refusal(_Part):
    """The error with which the REST API refuses the call."""

    status: int = Field(ge=400, le=599)
    code: int
    message: str


class Scenario(_Part):
    """One callee."""

    name: str
    number: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    description: str
    outcome: Outcome = Outcome.ANSWER
    sip_code: int | None = None
    """SIP response code of a call that fails."""
    refusal: Refusal | None = None
    ring_s: float = Field(default=0.5, ge=0)
    stays_s: float | None = Field(default=None, gt=0)
    """So long after answering the callee hangs up, whatever is going on."""
    voice: str = "en-us"
    seed: int = 0
    machine: Machine | None = None
    """What answers first; the rest below is what a person does, once one comes."""
    greeting: Greeting = Greeting()
    replies: list[Reply] = []
    fallback: Texts = ["Sorry, what was that?"]
    """Said in turn when no reply matches."""
    inaudible: str = "Sorry, I can't hear you properly."
    patience_s: float = Field(default=8, gt=0)
    """Silence of both sides before `are_you_there`."""
    are_you_there: str = "Hello?"
    end_of_turn_ms: int = Field(default=700, ge=100)
    """Quiet that ends the agent's turn."""
    interrupts: list[Interrupt] = []
    goodbye: Goodbye = Goodbye()

    @model_validator(mode="after")
    def _outcome_has_its_reason(self) -> Self:
        if self.outcome is Outcome.FAILED and self.sip_code is None:
            raise ValueError("outcome failed needs a sip_code")
        if (self.outcome is Outcome.REFUSED) != (self.refusal is not None):
            raise ValueError("outcome refused and a refusal go together")
        return self
