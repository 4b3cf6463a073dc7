"""The page of scenarios: its rows from events, and that the one in docs/ is about the scenarios there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from callcenter.env import BASE_DIR
from callcenter.scenario_page import page
from callcenter.scenario_run import Scenario, ScenarioRun
from tests.calls.scenario_ends import ANSWERED, REFUSED, UNANSWERED

pytestmark = pytest.mark.unit

CLERK = Scenario("clerk", "+12025550100", "A clerk | who helps.")


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": data}


def turn(number: int, speaker: str, text: str, start_ms: int, end_ms: int, **more: Any) -> dict[str, Any]:
    data = {"heard": 1.0, "heard_text": text, "final": True, **more}
    return event(
        "transcript_update", turn=number, speaker=speaker, text=text, start_ms=start_ms, end_ms=end_ms, **data
    )


def cells(run: ScenarioRun) -> list[str]:
    """The cells of its row."""
    row = page([run], {}).splitlines()[-1]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_a_row_tells_the_call() -> None:
    run = ScenarioRun(CLERK)
    run.events = [
        event("call_status", state="in_progress"),
        turn(1, "caller", "Press 2.", 300, 1000),
        event("tool_call", name="press_keys", arguments={"keys": "2"}),
        turn(2, "caller", "Hello.", 2000, 2500, heard=0.0, heard_text="", final=False),
        turn(2, "caller", "Hello, who is it?", 2000, 3000),
        event("agent_thinking", turn=2, duration_ms=250),
        turn(3, "agent", "Hello, I am an AI assistant.", 3850, 5000, heard=0.3, heard_text="Hello, I"),
        event("dtmf", digit="#"),
        event("recording", state="finished", duration_ms=5040),
        event("call_status", state="completed", ended_reason="agent_ended", ended_detail=""),
    ]
    assert cells(run) == [
        "**clerk** +12025550100<br>A clerk \\| who helps.",
        "completed: `agent_ended`",
        "5.0 s",
        "850 (250)",
        "0.3 callee: Press 2.<br>agent presses 2<br>2.0 callee: Hello, who is it?<br>"
        "3.9 agent: Hello, I – (cut off)<br>callee presses #",
    ]


def test_a_refusal_has_its_name_and_nothing_else() -> None:
    assert cells(ScenarioRun(CLERK, "geo_permission_denied", "Not there."))[1:] == [
        "refused: `geo_permission_denied`<br>Not there.",
        "",
        "",
        "",
    ]


def test_the_page_in_docs_is_about_every_scenario_and_says_how_each_ends() -> None:
    shown = dict(
        re.findall(
            r"^\| \*\*(\S+)\*\* (?:\S+?)<br>.*? \| (\w+: `\w+`)",
            (BASE_DIR / "docs" / "scenarios.md").read_text(),
            re.M,
        )
    )
    files = (BASE_DIR / "simulator" / "scenarios").glob("*.yaml")
    names = {yaml.safe_load(file.read_text())["name"] for file in files}
    assert set(shown) == names | {"stopped_while_ringing"}
    ends = {name: f"completed: `{reason}`" for name, reason in ANSWERED.items()}
    ends |= {name: f"{state}: `{reason}`" for name, (state, reason, _) in UNANSWERED.items()}
    ends |= {name: f"refused: `{code}`" for name, (_, code) in REFUSED.items()}
    ends["stopped_while_ringing"] = ends.pop("stopped")
    assert {name.replace("-", "_"): end for name, end in shown.items()} == ends
