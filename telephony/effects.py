"""What the bridge wants done: plain values that a session turns into I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telephony.events import NewEvent, TurnState
from telephony.playback import Placed


@dataclass(frozen=True, slots=True)
class PlayAudio:
    """Queue mu-law audio for the person called."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """Ask Twilio to tell when everything queued so far was played."""

    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    """Make Twilio drop what it has not played."""


@dataclass(frozen=True, slots=True)
class AudioToAgent:
    """Let the agent hear mu-law audio of the person called."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class ToAgent:
    """Send a message to the agent."""

    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Configure:
    """Send Settings: with the greeting, or without, to hear the other side out first."""

    greet: bool


@dataclass(frozen=True, slots=True)
class RecordAgent:
    """The agent's audio, at the time when it sounded."""

    placed: Placed


@dataclass(frozen=True, slots=True)
class SaveTurn:
    turn: TurnState


@dataclass(frozen=True, slots=True)
class Note:
    event: NewEvent


@dataclass(frozen=True, slots=True)
class Measure:
    """A duration for the telemetry."""

    action: str
    duration_ms: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; the reason is one of `ended_reasons`."""

    reason: str
    detail: str = ""


Effect = (
    PlayAudio
    | SendMark
    | SendClear
    | AudioToAgent
    | ToAgent
    | Configure
    | RecordAgent
    | SaveTurn
    | Note
    | Measure
    | HangUp
)
