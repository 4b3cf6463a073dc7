"""The agent's function calls in one call: run, answered once, and what follows from them."""

from __future__ import annotations

from telephony.deepgram import messages as dg
from telephony.effects import Effect, Note, PressKeys, ToAgent
from telephony.ending import Ending
from telephony.keypad import Keypad
from telephony.tools import Toolbox

PRESSED = "The keys are being pressed. Wait for what comes next."
NOT_PRESSED = "Error: the keys could not be pressed."


class ToolCalls:
    """Turns function calls into effects. Times are ms on the call clock."""

    def __init__(self, ending: Ending, keypad: Keypad) -> None:
        self._ending = ending
        self._keypad = keypad
        self._toolbox = Toolbox(keypad)

    def run(self, call: dg.FunctionCall, now_ms: float) -> list[Effect]:
        """Run a call; one that was run before gets the same answer and has no other effect."""
        result = self._toolbox.run(call)
        effects: list[Effect] = [Note(event) for event in result.events]
        if result.ends_call:
            detail = str(call.arguments.get("reason", ""))[:500]
            self._ending.agent_asked(
                function_id=call.id, reason=result.ends_call, detail=detail, now_ms=now_ms
            )
        if result.keys:
            effects.append(PressKeys(call, result.keys))
        if result.answer:
            effects.append(ToAgent(dg.function_call_response(call, result.answer)))
        return effects

    def keys_pressed(self, call: dg.FunctionCall, *, ok: bool) -> list[Effect]:
        """Twilio presses the keys, or does not. An agent that was lost meanwhile is not told: the next did not ask."""
        if not ok:
            self._keypad.release()
        answer = PRESSED if ok else NOT_PRESSED
        waits = self._toolbox.waits_for(call)
        told: list[Effect] = [ToAgent(dg.function_call_response(call, answer))] if waits else []
        return [Note(self._toolbox.finished(call, answer, ok=ok)), *told]

    def agent_gone(self) -> None:
        """Nobody waits for an answer any more."""
        self._toolbox.forget()
