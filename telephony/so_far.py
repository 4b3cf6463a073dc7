"""What has become of a call while another process held it, for the one that goes on with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from telephony.actions import ActionType
from telephony.events import TurnState


@dataclass(frozen=True, slots=True)
class SoFar:
    """What was said aloud and in private, and whether the agent is muted."""

    turns: list[TurnState] = field(default_factory=list)
    whispers: list[str] = field(default_factory=list)
    muted: bool = False

    @classmethod
    def of(cls, turns: list[TurnState], actions: Iterable[Mapping[str, Any]]) -> SoFar:
        """`actions`: the data of the call's `operator_action` events, in order."""
        whispers, muted = [], False
        for action in actions:
            if action["result"] != "ok":
                continue
            match action["action"]:
                case ActionType.WHISPER:
                    whispers.append(str(action["text"]))
                case ActionType.MUTE:
                    muted = True
                case ActionType.UNMUTE:
                    muted = False
        return cls(turns, whispers, muted)
