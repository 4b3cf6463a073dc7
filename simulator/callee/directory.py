"""The directory of whoever can be called: scenarios read from YAML, found by number."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from simulator.callee.recording import RecordingError, load_recording
from simulator.callee.scenario import Greeting, Scenario, ScenarioError
from simulator.callee.visitor import VISITOR

DEFAULT_SCENARIO = "clerk"
RECORDED_NUMBER = "+12025550199"

LIKE = "like"
"""The key of a file that takes over what it does not say itself from the scenario it names."""


Fields = dict[str, Any]
"""A scenario as its file has it, unchecked."""


class Directory:
    """Scenarios by number and name; whoever else is dialled is the clerk, but for the visitor, who acts out nothing."""

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

        A file that says `like: NAME` takes over whatever it does not say itself from the file of that scenario,
        which may not say `like` in turn; its own replies go before the other's. Raises ScenarioError with file
        and field.
        """
        read = {file.name: _read(file) for file in sorted(folder.glob("*.yaml"))}
        models = {str(fields.get("name")): fields for fields in read.values()}
        scenarios = [_scenario(file, fields, models) for file, fields in read.items()]
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
        if number == VISITOR.number:
            return VISITOR
        return self._by_number.get(number, self.scenarios[DEFAULT_SCENARIO])


def _read(file: Path) -> Fields:
    try:
        fields = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file.name}: not YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ScenarioError(f"{file.name}: scenario: must be a mapping of fields to values")
    return fields


def _scenario(file: str, fields: Fields, models: dict[str, Fields]) -> Scenario:
    try:
        return Scenario.model_validate(_inherited(file, fields, models))
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc']) or 'scenario'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise ScenarioError(f"{file}: {'; '.join(problems)}") from error


def _inherited(file: str, fields: Fields, models: dict[str, Fields]) -> Fields:
    """`fields` with what the scenario they are like has beside them."""
    if LIKE not in fields:
        return fields
    model = models.get(str(fields[LIKE]))
    if model is None or LIKE in model:
        raise ScenarioError(f"{file}: {LIKE}: there is no complete scenario named {fields[LIKE]}")
    own = {name: value for name, value in fields.items() if name != LIKE}
    if isinstance(own.get("replies"), list):
        own["replies"] = [*own["replies"], *model.get("replies", [])]
    return model | own
