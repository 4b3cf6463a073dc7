"""Scenarios: the ones we ship, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.callee.directory import Directory
from simulator.callee.scenario import Outcome, ScenarioError
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
        "+12025550103": ("ivr", Outcome.ANSWER),
        "+12025550104": ("ivr_loop", Outcome.ANSWER),
        "+12025550105": ("hold", Outcome.ANSWER),
        "+12025550106": ("voicemail", Outcome.ANSWER),
        "+12025550107": ("silent", Outcome.ANSWER),
        "+12025550108": ("hangs_up_midway", Outcome.ANSWER),
        "+12025550109": ("hangs_up_at_once", Outcome.ANSWER),
        "+12025550110": ("busy", Outcome.BUSY),
        "+12025550111": ("no-answer", Outcome.NO_ANSWER),
        "+12025550112": ("failed", Outcome.FAILED),
        "+12025550113": ("wrong_number", Outcome.ANSWER),
        "+12025550114": ("long_greeting", Outcome.ANSWER),
        "+12025550115": ("talks_over", Outcome.ANSWER),
        "+12025550116": ("presses_keys", Outcome.ANSWER),
        "+12025550117": ("slow_answer", Outcome.ANSWER),
        "+12025550118": ("declined", Outcome.FAILED),
        "+12025550119": ("failed_server", Outcome.FAILED),
        "+12025550120": ("rate_limited", Outcome.REFUSED),
        "+12025550121": ("concurrency", Outcome.REFUSED),
        "+12025550122": ("geo", Outcome.REFUSED),
        "+12025550123": ("unverified", Outcome.REFUSED),
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


def test_a_scenario_is_like_another_where_it_says_nothing_itself(tmp_path: Path) -> None:
    replies = "replies:\n  - {hear: a, say: x}\n"
    like = 'name: other\nnumber: "+12025550177"\ndescription: other\nlike: clerk\nring_s: 9\n'
    files = {
        "clerk": CLERK + "patience_s: 3\n" + replies,
        "other": like + replies.replace("hear: a", "hear: b"),
    }
    other = Directory.load(folder(tmp_path, **files)).scenario_at("+12025550177")
    assert (other.description, other.ring_s, other.patience_s) == ("other", 9, 3)
    assert [reply.hear.pattern for reply in other.replies] == ["b", "a"]


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
        (CLERK + "outcome: refused\n", r"bad.yaml: scenario: .*refused and a refusal go together"),
        (CLERK + "like: nobody\n", r"bad.yaml: like: there is no complete scenario named nobody"),
        (CLERK + "machine: {kind: robot}\n", r"bad.yaml: machine: .*'menu', 'hold'"),
        (
            CLERK + "machine: {kind: menu, say: x, choices: {12: y}}\n",
            r"bad.yaml: machine.menu.choices",
        ),
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
