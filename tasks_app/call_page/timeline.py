"""The events of a call as lines that a person reads. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tasks_app.call_page.words import STATE_WORDS, clock, in_seconds
from tasks_app.templatetags.display import OUTCOMES
from telephony.ended_reasons import ENDED_REASONS
from telephony.events import EventType

NOT_SHOWN: Final = (EventType.TRANSCRIPT_UPDATE, EventType.SPEECH)
"""They are the transcript, which stands beside the timeline."""

GLYPHS: Final = {
    "call": "☎",
    "line": "⇄",
    "agent": "◆",
    "thinking": "…",
    "tool": "⚙",
    "strategy": "➤",
    "barge-in": "✂",
    "key": "#",
    "operator": "☻",
    "result": "✓",
    "other": "•",
}
"""By kind; the kind is written out for those who cannot see the glyph."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words. `at_ms` is on the call clock; None: before the audio began, or there was none."""

    seq: int
    kind: str
    text: str
    detail: str
    at_ms: int | None
    timestamp: dt.datetime

    @property
    def glyph(self) -> str:
        return GLYPHS[self.kind]

    @property
    def moment(self) -> str:
        """As m:ss; "" before the audio began."""
        return "" if self.at_ms is None else clock(self.at_ms)


def line(
    seq: int, type_: str, data: dict[str, Any], timestamp: dt.datetime, clock_started_at: dt.datetime | None
) -> Line | None:
    """The line of one event; None where the timeline shows none."""
    if type_ in NOT_SHOWN or (type_ == EventType.TOOL_CALL and data.get("name") == "update_strategy"):
        return None  # a new strategy has an event of its own
    words = _WORDS.get(type_)
    kind, text, detail = words(data) if words else _other(type_, data)
    return Line(seq, kind, text, detail, _at_ms(data, timestamp, clock_started_at), timestamp)


def _at_ms(data: dict[str, Any], timestamp: dt.datetime, clock_started_at: dt.datetime | None) -> int | None:
    if isinstance(data.get("at_ms"), int):
        return int(data["at_ms"])
    if clock_started_at is None or timestamp < clock_started_at:
        return None
    return round((timestamp - clock_started_at).total_seconds() * 1000)


Words = tuple[str, str, str]
"""kind, text, detail"""


def _call_status(data: dict[str, Any]) -> Words:
    reason = ENDED_REASONS.get(data.get("ended_reason", ""))
    if reason is None:
        return "call", STATE_WORDS.get(data["state"], data["state"]), ""
    detail = data.get("ended_detail", "")
    return (
        "call",
        f"{STATE_WORDS.get(data['state'], data['state'])}: {reason.sentence}",
        "" if detail == reason.sentence else detail,
    )


def _stream(data: dict[str, Any]) -> Words:
    words = {"started": "Audio connected", "stopped": "Audio closed", "lost": "Audio connection lost"}
    return "line", words.get(data["status"], f"Audio: {data['status']}"), data.get("detail", "")


def _agent(data: dict[str, Any]) -> Words:
    return "agent", f"Voice agent {data['status']}", data.get("detail", "")


def _opening(data: dict[str, Any]) -> Words:
    does = "greets" if data["decision"] == "greet" else "listens first"
    return "agent", f"Agent {does}, after {in_seconds(data['waited_ms'])}", ""


def _barge_in(data: dict[str, Any]) -> Words:
    heard, dropped = in_seconds(data["heard_ms"]), in_seconds(data["dropped_ms"])
    return "barge-in", "The callee interrupted the agent", f"{heard} were heard, {dropped} were not."


def _thinking(data: dict[str, Any]) -> Words:
    return "thinking", f"Agent thought for {in_seconds(data['duration_ms'])}", ""


def _tool(data: dict[str, Any]) -> Words:
    arguments = ", ".join(f"{name}: {_short(value)}" for name, value in data.get("arguments", {}).items())
    detail = " → ".join(part for part in (arguments, str(data.get("result", ""))) if part)
    return "tool", f"Agent used {data['name'].replace('_', ' ')}", detail


def _strategy(data: dict[str, Any]) -> Words:
    return "strategy", f"New strategy: {data['strategy']}", data.get("reason", "")


def _key(data: dict[str, Any]) -> Words:
    return "key", f"The callee pressed {data['digit']}", ""


def _stop(data: dict[str, Any]) -> Words:
    return "operator", f"{data['by'] or 'Somebody'} asked to stop the call", ""


def _operator(data: dict[str, Any]) -> Words:
    does = {
        "say": "had the agent say",
        "whisper": "told the agent",
        "dtmf": "pressed",
        "mute": "muted the agent",
        "unmute": "unmuted the agent",
        "end": "ended the call",
    }
    said = f"“{data['text']}”" if data.get("text") else data.get("digits", "")
    text = f"{data['by'] or 'Somebody'} {does.get(data['action'], data['action'])} {said}".strip()
    refused = data.get("result") == "refused"
    return "operator", f"Refused: {text}" if refused else text, data.get("detail", "")


def _recording(data: dict[str, Any]) -> Words:
    words = {
        "finished": f"Recording finished, {clock(data.get('duration_ms', 0))}",
        "truncated": "Recording finished; a part is missing",
        "missing": "There is no recording",
    }
    return "result", words.get(data["state"], f"Recording: {data['state']}"), data.get("detail", "")


def _transcript(data: dict[str, Any]) -> Words:
    final = data["source"] == "final"
    text = "Transcript final, from the recording" if final else "Transcript final, as it was heard live"
    return "result", text, data.get("detail", "")


def _verdict(data: dict[str, Any]) -> Words:
    if data["state"] == "failed":
        return "result", "The verdict could not be made", data.get("detail", "")
    score = "" if data.get("score") is None else f", {data['score']} of 100"
    return "result", f"Verdict: {OUTCOMES[data['outcome']].word.lower()}{score}", ""


def _other(type_: str, data: dict[str, Any]) -> Words:
    return "other", type_.replace("_", " ").capitalize(), _short(data) if data else ""


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:299]}…"


_WORDS: dict[str, Callable[[dict[str, Any]], Words]] = {
    EventType.CALL_STATUS: _call_status,
    EventType.STOP_REQUESTED: _stop,
    EventType.STREAM: _stream,
    EventType.AGENT: _agent,
    EventType.OPENING: _opening,
    EventType.BARGE_IN: _barge_in,
    EventType.AGENT_THINKING: _thinking,
    EventType.TOOL_CALL: _tool,
    EventType.STRATEGY_UPDATE: _strategy,
    EventType.OPERATOR_ACTION: _operator,
    EventType.DTMF: _key,
    EventType.RECORDING: _recording,
    EventType.TRANSCRIPT_READY: _transcript,
    EventType.ANALYSIS_READY: _verdict,
}
