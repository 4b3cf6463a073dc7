"""What the bridge wants done: plain values that a session turns into I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from telephony.actions import Action
from telephony.deepgram.messages import FunctionCall
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


class Begin(Enum):
    """How the agent begins."""

    GREET = auto()  # with the opening line
    LISTEN = auto()  # it hears the other side out first
    RESUME = auto()  # in the middle of a conversation


@dataclass(frozen=True, slots=True)
class Configure:
    """Send Settings, with what was whispered so far."""

    begin: Begin
    whispers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Press keys on the phone's keypad, and tell the bridge's `keys_pressed` what came of it."""

    asked_by: FunctionCall | Action
    keys: str


@dataclass(frozen=True, slots=True)
class DropAgent:
    """Close the agent's socket, which is of no use any more."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Connect to the agent again."""

    wait_ms: float


@dataclass(frozen=True, slots=True)
class Apologise:
    """Let the carrier's own voice say that the call must end, and end it."""

    reason: str
    detail: str


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
    | PressKeys
    | DropAgent
    | Reconnect
    | Apologise
    | RecordAgent
    | SaveTurn
    | Note
    | Measure
    | HangUp
)
