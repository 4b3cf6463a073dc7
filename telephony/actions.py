"""What a person may do to a live call, as it travels from whoever asks to the process that holds the call."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from telephony.events import EventType, NewEvent
from telephony.keypad import KEYS

MAX_TEXT = 500
"""Characters of one sentence to say, or of one whisper."""

COMMAND = "action"
"""The `type` of the command on the bus."""


class ActionType(StrEnum):
    """The kinds of actions."""

    SAY = "say"  # the agent says these words to the person called
    WHISPER = "whisper"  # the agent is told this, and nobody hears it
    DTMF = "dtmf"  # keys are pressed
    MUTE = "mute"  # the person called does not hear the agent
    UNMUTE = "unmute"
    END = "end"  # does not travel: ending a call never depends on the bus


class BadAction(ValueError):
    """Not an action that can be carried out; the text names the field."""


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Action:
    """One action. Its `id` is in the event that says what came of it."""

    type: ActionType
    by: str
    text: str = ""
    digits: str = ""
    id: str = field(default_factory=_new_id)

    def __post_init__(self) -> None:
        """Raises BadAction."""
        if self.type in {ActionType.SAY, ActionType.WHISPER} and not 0 < len(self.text) <= MAX_TEXT:
            raise BadAction(f"text: must have 1 to {MAX_TEXT} characters")
        if self.type is ActionType.DTMF and not KEYS.fullmatch(self.digits):
            raise BadAction("digits: must be 1 to 32 of 0-9, *, #, w and W")

    def to_command(self) -> dict[str, Any]:
        """As it travels on the bus."""
        return {
            "type": COMMAND,
            "action": str(self.type),
            "id": self.id,
            "by": self.by,
            "text": self.text,
            "digits": self.digits,
        }

    @classmethod
    def from_command(cls, command: dict[str, Any]) -> Action:
        """Read `to_command`'s form. Raises BadAction for anything else: the sender may be of another version."""
        try:
            texts = {name: str(command[name]) for name in ("by", "text", "digits", "id")}
            return cls(ActionType(command["action"]), **texts)
        except KeyError as error:
            raise BadAction(f"{error.args[0]}: is missing") from None
        except ValueError as error:
            raise BadAction(str(error)) from None

    def outcome(self, detail: str, *, ok: bool = True) -> NewEvent:
        """The event that says what came of it; `detail` is a sentence for people."""
        data = {
            "id": self.id,
            "action": str(self.type),
            "by": self.by,
            "text": self.text,
            "digits": self.digits,
            "result": "ok" if ok else "refused",
            "detail": detail,
        }
        return NewEvent(EventType.OPERATOR_ACTION, data)
