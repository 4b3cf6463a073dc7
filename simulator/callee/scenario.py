"""Scenarios: who answers at which number, what they say, and when. Data, read from YAML and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from simulator.callee.recording import RecordingError, load_recording

DEFAULT_SCENARIO = "clerk"
RECORDED_NUMBER = "+12025550199"


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the text names file, field and what is wrong."""


class Outcome(StrEnum):
    """What dialling the number comes to."""

    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"


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
    """Said into the agent's `utterance` (1 is its first), `after_ms` after that one began."""

    utterance: int = Field(ge=1)
    after_ms: int = Field(ge=0)
    say: str


class Goodbye(_Part):
    """At a goodbye: an answer, then up to `wait_s` for the other side to hang up."""

    hear: Hear = Field(
        default=re.compile(r"\b(good)?bye\b|have a (nice|good|great|lovely|wonderful) day", re.I)
    )
    say: str = "Bye."
    wait_s: float = Field(default=4, ge=0)


class Scenario(_Part):
    """One callee."""

    name: str
    number: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    description: str
    outcome: Outcome = Outcome.ANSWER
    sip_code: int | None = None
    """SIP response code of a call that fails."""
    ring_s: float = Field(default=0.5, ge=0)
    voice: str = "en-us"
    seed: int = 0
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
    def _failing_has_a_code(self) -> Self:
        if self.outcome is Outcome.FAILED and self.sip_code is None:
            raise ValueError("outcome failed needs a sip_code")
        return self


class Directory:
    """Scenarios by number and name; whoever else is dialled is the clerk."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self.scenarios: dict[str, Scenario] = {}
        self._by_number: dict[str, Scenario] = {}
        for scenario in scenarios:
            if scenario.name in self.scenarios or scenario.number in self._by_number:
                raise ScenarioError(f"{scenario.name}: its name or its number is already taken")
            self.scenarios[scenario.name] = scenario
            self._by_number[scenario.number] = scenario
        if DEFAULT_SCENARIO not in self.scenarios:
            raise ScenarioError(f"there is no scenario named {DEFAULT_SCENARIO}")

    @classmethod
    def load(cls, folder: Path, callee_audio: Path | None = None) -> Directory:
        """Read every *.yaml in `folder`; `callee_audio` adds one who opens with that recording.

        Raises ScenarioError with file and field.
        """
        files = sorted(folder.glob("*.yaml"))
        scenarios = [_read(file) for file in files]
        directory = cls(scenarios)
        if callee_audio is None:
            return directory
        try:
            load_recording(callee_audio)
        except RecordingError as error:
            raise ScenarioError(str(error)) from error
        recorded = directory.scenarios[DEFAULT_SCENARIO].model_copy(
            update={
                "name": "recorded",
                "number": RECORDED_NUMBER,
                "description": "Opens with a recording, then answers as the clerk does.",
                "greeting": Greeting(audio=callee_audio),
            }
        )
        return cls([*scenarios, recorded])

    def scenario_at(self, number: str) -> Scenario:
        """Who answers at `number` (E.164)."""
        return self._by_number.get(number, self.scenarios[DEFAULT_SCENARIO])


def _read(file: Path) -> Scenario:
    try:
        return Scenario.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file.name}: not YAML: {error}") from error
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc']) or 'scenario'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise ScenarioError(f"{file.name}: {'; '.join(problems)}") from error
