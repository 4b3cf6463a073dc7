"""The functions that the agent may call, as Deepgram is told about them.

Functions that cannot be taken back wait for the confirmed end of the turn (`defer_until_eot`): Deepgram otherwise calls
while the other side may still be speaking (Deepgram docs, "Build a function call").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from telephony.deepgram.messages import FunctionCall
from telephony.events import EventType, NewEvent
from telephony.keypad import KEYS, Keypad

_ENDED_REASONS = {
    "finished": "agent_ended",
    "wrong_number": "agent_ended",
    "voicemail_left": "voicemail_left",
    "voicemail_hung_up": "voicemail_hung_up",
    "ivr_stuck": "ivr_stuck",
    "hold_timeout": "hold_timeout",
}
"""What the agent says of the situation, and the `ended_reason` that follows."""

FUNCTIONS: list[dict[str, Any]] = [
    {
        "name": "end_call",
        "description": "End the phone call. Call it once the matter is settled or cannot be settled, then say goodbye.",
        "parameters": {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "description": "Why the call ends, in a few words."},
                "situation": {
                    "type": "string",
                    "enum": list(_ENDED_REASONS),
                    "description": "What ends it: the talk is finished, or what stands in the way.",
                },
            },
            "required": ["reason", "situation"],
        },
        "defer_until_eot": True,
    },
    {
        "name": "press_keys",
        "description": "Press keys on the phone's keypad, when a recorded menu asks for them. Say nothing then.",
        "parameters": {
            "type": "object",
            "properties": {
                "keys": {"type": "string", "description": "The keys: 0-9, * and #; w waits half a second."}
            },
            "required": ["keys"],
        },
        "defer_until_eot": True,
    },
    {
        "name": "update_strategy",
        "description": "Tell the person you work for that your plan has changed. The other side does not hear it.",
        "parameters": {
            "type": "object",
            "properties": {
                "strategy": {"type": "string", "description": "What you will try now."},
                "reason": {"type": "string", "description": "What made you change it."},
            },
            "required": ["strategy"],
        },
    },
]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a function call: the answer for the agent, and what else follows."""

    answer: str
    """Empty when it is given later, by `finished`, or was given to the same question before."""
    events: tuple[NewEvent, ...] = ()
    ends_call: str = ""
    """The `ended_reason`, when the call is to end."""
    keys: str = ""
    """Keys to press on the phone's keypad."""
    ok: bool = True
    """Whether it could be done."""


class Toolbox:
    """Runs each function call once, however often it is asked for."""

    def __init__(self, keypad: Keypad) -> None:
        self._keypad = keypad
        self._answers: dict[str, str] = {}
        self._pressing = ""

    def run(self, call: FunctionCall) -> ToolResult:
        """Run a call; one that was run before gets the same answer and has no other effect."""
        if call.id in self._answers:
            return ToolResult(self._answers[call.id])
        result = self._first_run(call)
        self._answers[call.id] = ""
        if not result.answer:
            return result
        return replace(result, events=(*result.events, self.finished(call, result.answer, ok=result.ok)))

    def waits_for(self, call: FunctionCall) -> bool:
        """Whether the agent that asked for these keys waits for the answer."""
        return self._pressing == call.id

    def forget(self) -> None:
        """The agent is gone: nobody waits for an answer."""
        self._pressing = ""

    def finished(self, call: FunctionCall, answer: str, *, ok: bool) -> NewEvent:
        """Remember the answer to a call; the event that tells of it. `ok`: what was asked could be done."""
        self._answers[call.id] = answer
        if self.waits_for(call):
            self._pressing = ""
        data = {"id": call.id, "name": call.name, "arguments": call.arguments, "result": answer, "ok": ok}
        return NewEvent(EventType.TOOL_CALL, data)

    def _first_run(self, call: FunctionCall) -> ToolResult:
        match call.name:
            case "end_call":
                answer = "The call ends when you have said goodbye. Say it now, in one short sentence."
                situation = str(call.arguments.get("situation", "finished"))
                return ToolResult(answer, ends_call=_ENDED_REASONS.get(situation, "agent_ended"))
            case "update_strategy":
                data = {key: str(call.arguments.get(key, ""))[:1000] for key in ("strategy", "reason")}
                return ToolResult("Noted.", (NewEvent(EventType.STRATEGY_UPDATE, data),))
            case "press_keys":
                keys = str(call.arguments.get("keys", ""))
                if not KEYS.fullmatch(keys):
                    return _refused("keys must be 1 to 32 of 0-9, *, # and w for a pause.")
                if not self._keypad.take():
                    return _refused("keys are being pressed. Press all keys of one answer in one call.")
                self._pressing = call.id
                return ToolResult("", keys=keys)
        return _refused("there is no such function.")


def _refused(why: str) -> ToolResult:
    return ToolResult(f"Error: {why}", ok=False)
