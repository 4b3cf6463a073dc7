"""Calls to every scenario as a page of Markdown: pure text from the events of their feeds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from callcenter.scenario_run import ScenarioRun
from telephony.speaker import Speaker

MAX_WORDS_WIDTH = 72
"""How much of a turn is shown, in characters."""

TITLE = """\
# Every kind of call

Everybody the simulator can be, called once by a fresh copy of the product; made by `manage.py scenarios`. People,
menus, voices and the agent's mind are simulated; audio, sockets, keys and callbacks are real, and so is all that this
product does with them. {settings}

Times are seconds on the call clock, which starts with the audio. "Answered after" is how long the callee waits for each
answer of the agent: from the end of their words to the agent's first sound, in ms, and in brackets how much of it
passed between their text and the first byte of the answer.

| who | how it ended | lasted | answered after | what was said and heard |
|---|---|---|---|---|
"""


def page(runs: Iterable[ScenarioRun], settings: dict[str, str]) -> str:
    """The whole page; `settings` are the variables the copy was started with."""
    names = " and ".join(f"`{name}={value}`" for name, value in settings.items())
    return TITLE.format(settings=f"The copy runs with {names}.") + "".join(map(_row, runs))


def _row(run: ScenarioRun) -> str:
    scenario = run.scenario
    cells = (
        f"**{scenario.name}** {scenario.number}<br>{_text(scenario.description)}",
        _ending(run),
        _duration(run),
        "<br>".join(_answers(run)),
        "<br>".join(_conversation(run)),
    )
    return f"| {' | '.join(cells)} |\n"


def _ending(run: ScenarioRun) -> str:
    if run.refusal:
        return f"refused: `{run.refusal}`<br>{_text(run.refusal_detail)}"
    end = run.of("call_status")[-1]
    detail = f"<br>{_text(end['ended_detail'])}" if end.get("ended_detail") else ""
    return f"{end['state']}: `{end['ended_reason']}`{detail}"


def _duration(run: ScenarioRun) -> str:
    closed = run.of("recording")
    return f"{closed[-1]['duration_ms'] / 1000:.1f} s" if closed else ""


def final_turns(run: ScenarioRun) -> list[dict[str, Any]]:
    """The turns as they were in the end, in the order in which they began."""
    turns = {turn["turn"]: turn for turn in run.of("transcript_update") if turn["final"]}
    return sorted(turns.values(), key=lambda turn: (turn["start_ms"], turn["turn"]))


def _answers(run: ScenarioRun) -> list[str]:
    thought_ms = {thinking["turn"]: thinking["duration_ms"] for thinking in run.of("agent_thinking")}
    answers = []
    for question, answer in pairwise(final_turns(run)):
        if (question["speaker"], answer["speaker"]) == (Speaker.CALLER, Speaker.AGENT):
            thinking = thought_ms.get(question["turn"])
            brackets = "" if thinking is None else f" ({thinking})"
            answers.append(f"{answer['start_ms'] - question['end_ms']}{brackets}")
    return answers


def _conversation(run: ScenarioRun) -> list[str]:
    """Turns and keys in order, the beginning of each turn's words."""
    final = {turn["turn"]: turn for turn in final_turns(run)}
    lines = []
    for event in run.events:
        data = event["data"]
        match event["type"]:
            case "transcript_update" if data["turn"] in final:
                lines.append(_turn(final.pop(data["turn"])))
            case "tool_call" if data["name"] == "press_keys":
                lines.append(f"agent presses {data['arguments']['keys']}")
            case "dtmf":
                lines.append(f"callee presses {data['digit']}")
    return lines


def _turn(turn: dict[str, Any]) -> str:
    speaker = Speaker(turn["speaker"]).shown_as.lower()
    begins = f"{turn['start_ms'] / 1000:.1f} {speaker}:"
    if turn["heard"] < 1:
        return f"{begins} {_short(turn['heard_text'])} – (cut off)"
    return f"{begins} {_short(turn['text'])}"


def _short(text: str) -> str:
    return _text(textwrap.shorten(text, MAX_WORDS_WIDTH, placeholder=" …"))


def _text(text: str) -> str:
    """Safe in a cell of a table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
