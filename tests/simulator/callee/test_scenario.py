"""Scenarios: the ones we ship, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.callee.scenario import Directory, Outcome, ScenarioError
from simulator.config import SCENARIOS_DIR

pytestmark = pytest.mark.unit

CLERK = 'name: clerk\nnumber: "+12025550100"\ndescription: d\n'


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_the_shipped_scenarios_by_number() -> None:
    directory = Directory.load(SCENARIOS_DIR)
    numbers = {
        "+12025550100": ("clerk", Outcome.ANSWER),
        "+12025550101": ("haggler", Outcome.ANSWER),
        "+12025550102": ("interrupter", Outcome.ANSWER),
        "+12025550110": ("busy", Outcome.BUSY),
        "+12025550111": ("no-answer", Outcome.NO_ANSWER),
        "+12025550112": ("failed", Outcome.FAILED),
        "+442079460000": ("clerk", Outcome.ANSWER),
        "+12025550199": ("clerk", Outcome.ANSWER),
    }
    found = {number: directory.scenario_at(number) for number in numbers}
    assert {number: (scenario.name, scenario.outcome) for number, scenario in found.items()} == numbers


def test_a_recording_answers_at_its_own_number_and_goes_on_as_the_clerk(tmp_path: Path) -> None:
    recording = tmp_path / "voice.ulaw"
    recording.write_bytes(b"\x00" * 8000)
    directory = Directory.load(SCENARIOS_DIR, recording)
    recorded = directory.scenario_at("+12025550199")
    assert (recorded.name, recorded.greeting.audio) == ("recorded", recording)
    assert recorded.replies == directory.scenario_at("+12025550100").replies


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            CLERK + "replies:\n  - {hear: '(', say: x}\n",
            r"bad.yaml: replies.0.hear: .*not a regular expression",
        ),
        (
            CLERK + "replies:\n  - {hear: x, says: y}\n",
            r"bad.yaml: replies.0.say: Field required; replies.0.says",
        ),
        (CLERK + "greting: {say: x}\n", r"bad.yaml: greting: Extra inputs"),
        ('name: x\nnumber: "911"\ndescription: d\n', r"bad.yaml: number: "),
        (CLERK + "outcome: failed\n", r"bad.yaml: scenario: .*failed needs a sip_code"),
        ("name: [", r"bad.yaml: not YAML"),
        ("", r"bad.yaml: scenario: "),
        ('name: other\nnumber: "+12025550100"\ndescription: d\n', r"there is no scenario named clerk"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem):
        Directory.load(folder(tmp_path, bad=text))


def test_one_number_answers_once(tmp_path: Path) -> None:
    other = CLERK.replace("clerk", "other")
    with pytest.raises(ScenarioError, match="other: its name or its number is already taken"):
        Directory.load(folder(tmp_path, a=CLERK, b=other))
