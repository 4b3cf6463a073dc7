"""The events of a call, as the feed, the API and the timeline name them. `docs/events.md` shows this table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """Types of the events that are stored, numbered by `seq`."""

    CALL_STATUS = "call_status"
    STOP_REQUESTED = "stop_requested"
    STREAM = "stream"
    AGENT = "agent"
    OPENING = "opening"
    SPEECH = "speech"
    TRANSCRIPT_UPDATE = "transcript_update"
    BARGE_IN = "barge_in"
    AGENT_THINKING = "agent_thinking"
    TOOL_CALL = "tool_call"
    STRATEGY_UPDATE = "strategy_update"
    OPERATOR_ACTION = "operator_action"
    DTMF = "dtmf"
    RECORDING = "recording"
    TRANSCRIPT_READY = "transcript_ready"
    ANALYSIS_READY = "analysis_ready"


class PassingType(StrEnum):
    """Types of the events that are only sent (`seq` is null) while somebody watches."""

    AUDIO_LEVEL = "audio_level"


DESCRIPTIONS: dict[str, str] = {
    EventType.CALL_STATUS: "A new `state`; at the end also `ended_reason`, `ended_detail`, `duration_seconds`.",
    EventType.STOP_REQUESTED: "Somebody asked to stop the call; `by`.",
    EventType.STREAM: "The audio connection from Twilio; `status`: `started`, `stopped`, `lost`, `error`; `detail`.",
    EventType.AGENT: "The voice agent; `status`: `connected`, `ready`, `closed`, `warning`, `error`; `detail`.",
    EventType.OPENING: "How the agent was let in; `decision`: `greet`, `listen`; `waited_ms`.",
    EventType.SPEECH: "The caller began to speak; `at_ms`.",
    EventType.TRANSCRIPT_UPDATE: (
        "A turn, whole, as it is now; `turn`, `speaker`, `text`, `start_ms`, `end_ms`, `heard` (0 to 1), `heard_text`, "
        "`final`. A later one with the same `turn` replaces it."
    ),
    EventType.BARGE_IN: "The caller interrupted `turn` at `at_ms`; `heard_ms` and `dropped_ms` of its audio.",
    EventType.AGENT_THINKING: "From the text of the caller's `turn` to the agent's first byte; `duration_ms`.",
    EventType.TOOL_CALL: "The agent called a function; `id`, `name`, `arguments`, `result`; `ok`: it could be done.",
    EventType.STRATEGY_UPDATE: "The agent changed its plan; `strategy`, `reason`.",
    EventType.OPERATOR_ACTION: (
        "A person acted on the live call, and what came of it; `id`, `action`: `say`, `whisper`, `dtmf`, `mute`, "
        "`unmute`, `end`; `by`, `text`, `digits`; `result`: `ok`, `refused`; `detail` in words."
    ),
    EventType.DTMF: "The caller pressed a key; `digit`.",
    EventType.RECORDING: "A closed recording; `state`: `finished`, `truncated`, `missing`; `duration_ms`, `detail`.",
    EventType.TRANSCRIPT_READY: (
        "The transcript will not change any more; `source`: `final` (the recording was transcribed), `live` (as it was "
        "heard during the call); `detail`: why it could not be transcribed."
    ),
    EventType.ANALYSIS_READY: (
        "The verdict is there; `state`: `ready`, `failed`; `outcome`, `score` (null: not judged), `provider`; "
        "`detail`: why it failed."
    ),
    PassingType.AUDIO_LEVEL: "How loud both sides are, 0 to 1; `caller`, `agent`. At most 5 a second.",
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append. `timestamp` is when it happened."""

    type: EventType
    data: dict[str, Any] = field(default_factory=dict)
    timestamp: dt.datetime = field(default_factory=_now)


@dataclass(frozen=True, slots=True)
class TurnState:
    """A turn as it is now, times in ms on the call clock; a later one with the same number replaces it."""

    number: int
    speaker: str
    text: str
    start_ms: int
    end_ms: int
    heard: float = 1.0
    heard_text: str = ""
    final: bool = True
