"""A person at the controls of a live call: what each action needs, what it does, and what is told of it."""

from __future__ import annotations

from telephony.actions import Action, ActionType
from telephony.dialogue import Dialogue
from telephony.effects import Effect, Note, PressKeys
from telephony.injections import CALL_OVER, Injections
from telephony.keypad import Keypad
from telephony.whispers import Whispers

NO_AGENT = "There is no agent on this call any more."
AGENT_AWAY = "The agent is not connected now: try again in a moment."
IS_MUTED = "The agent is muted: unmute it first."
NO_STREAM = "There is no sound from the phone now: try again in a moment."
KEYS_BUSY = "Other keys are being pressed: try again in a moment."
KEYS_PRESSED = "The keys are being pressed."
KEYS_REFUSED = "Twilio could not press the keys."
MUTED = "The other side does not hear the agent."
MUTED_BEFORE = "The agent was muted already."
UNMUTED = "The other side hears what the agent says next."
UNMUTED_BEFORE = "The agent was not muted."
NOT_HERE = "Not something that a call's controls can do."


class Controls:
    """Carries out actions in one call. Times are ms on the call clock."""

    def __init__(
        self, dialogue: Dialogue, injections: Injections, whispers: Whispers, keypad: Keypad
    ) -> None:
        self._dialogue = dialogue
        self._injections = injections
        self._whispers = whispers
        self._keypad = keypad

    def act(
        self, action: Action, now_ms: float, *, has_agent: bool, agent_is_ready: bool, has_stream: bool
    ) -> list[Effect]:
        """Carry out an action; what came of it is noted now or, by `injections` and `whispers`, later."""
        match action.type:
            case ActionType.SAY | ActionType.WHISPER if not has_agent:
                return _refused(action, NO_AGENT)
            case ActionType.SAY if not agent_is_ready:
                return _refused(action, AGENT_AWAY)
            case ActionType.SAY if self._dialogue.is_muted:
                return _refused(action, IS_MUTED)
            case ActionType.SAY:
                return self._injections.inject(action.text, now_ms, action)
            case ActionType.WHISPER:
                return self._whispers.whisper(action, agent_is_ready=agent_is_ready)
            case ActionType.DTMF if not has_stream:
                return _refused(action, NO_STREAM)
            case ActionType.DTMF:
                return (
                    [PressKeys(action, action.digits)] if self._keypad.take() else _refused(action, KEYS_BUSY)
                )
            case ActionType.MUTE if self._dialogue.is_muted:
                return [Note(action.outcome(MUTED_BEFORE))]
            case ActionType.MUTE:
                return [*self._dialogue.mute(now_ms), Note(action.outcome(MUTED))]
            case ActionType.UNMUTE if not self._dialogue.is_muted:
                return [Note(action.outcome(UNMUTED_BEFORE))]
            case ActionType.UNMUTE:
                return [*self._dialogue.unmute(now_ms), Note(action.outcome(UNMUTED))]
        return _refused(action, NOT_HERE)

    def keys_pressed(self, action: Action, *, ok: bool) -> list[Effect]:
        """Twilio presses the keys of an action, or does not."""
        if not ok:
            self._keypad.release()
        return [Note(action.outcome(KEYS_PRESSED if ok else KEYS_REFUSED, ok=ok))]

    def call_over(self) -> list[Effect]:
        """The call is over: say what was not done."""
        return [*self._injections.lost(CALL_OVER), *self._whispers.call_over()]


def _refused(action: Action, why: str) -> list[Effect]:
    return [Note(action.outcome(why, ok=False))]
