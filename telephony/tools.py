"""The functions that the agent may call, as Deepgram is told about them.

Functions that cannot be taken back wait for the confirmed end of the turn (`defer_until_eot`): Deepgram otherwise calls
while the other side may still be speaking (Deepgram docs, "Build a function call").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from telephony.deepgram.messages import FunctionCall
from telephony.events import EventType, NewEvent

FUNCTIONS: list[dict[str, Any]] = [
    {
        "name": "end_call",
        "description": "End the phone call. Call it once the matter is settled or cannot be settled, then say goodbye.",
        "parameters": {
            "type": "object",
            "properties": {"reason": {"type": "string", "description": "Why the call ends, in a few words."}},
            "required": ["reason"],
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
    events: tuple[NewEvent, ...] = ()
    ends_call: bool = False


class Toolbox:
    """Runs each function call once, however often it is asked for."""

    def __init__(self) -> None:
        self._answers: dict[str, str] = {}

    def run(self, call: FunctionCall) -> ToolResult:
        """Run a call; one that was run before gets the same answer and has no other effect."""
        if call.id in self._answers:
            return ToolResult(self._answers[call.id])
        result = self._first_run(call)
        self._answers[call.id] = result.answer
        data = {"id": call.id, "name": call.name, "arguments": call.arguments, "result": result.answer}
        return replace(result, events=(*result.events, NewEvent(EventType.TOOL_CALL, data)))

    def _first_run(self, call: FunctionCall) -> ToolResult:
        match call.name:
            case "end_call":
                answer = "The call ends when you have said goodbye. Say it now, in one short sentence."
                return ToolResult(answer, ends_call=True)
            case "update_strategy":
                data = {key: str(call.arguments.get(key, ""))[:1000] for key in ("strategy", "reason")}
                return ToolResult("Noted.", (NewEvent(EventType.STRATEGY_UPDATE, data),))
        return ToolResult("Error: there is no such function.")
