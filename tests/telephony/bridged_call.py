"""A bridge with a clock: the call that tests of its rules hold."""

from __future__ import annotations

from typing import Any, TypeVar

from telephony.bridge import Bridge
from telephony.deepgram import messages as dg
from telephony.effects import Effect, Note, SendMark
from telephony.ending import Limits
from telephony.events import EventType
from telephony.so_far import SoFar
from tests.telephony.sounds import numbered, silence, voice

OPENING = "Hello, this is an AI assistant calling on behalf of Ada. I am calling about a bill."
NO_LIMITS = Limits(duration_ms=1e9, silence_ms=1e9)

E = TypeVar("E")


class Call:
    """A bridge, a clock, and everything it wanted done."""

    def __init__(
        self, *, limits: Limits = NO_LIMITS, with_agent: bool = True, before: SoFar | None = None
    ) -> None:
        self.bridge = Bridge(opening_line=OPENING, limits=limits, with_agent=with_agent, before=before)
        self.now_ms = 0.0
        self.effects: list[Effect] = []
        self.agent_ms = 0.0

    def do(self, effects: list[Effect]) -> list[Effect]:
        self.effects += effects
        return effects

    def hear(self, sound: bytes) -> None:
        """The person called sounds, in frames of 20 ms, while the clock goes on and Twilio echoes marks."""
        for first in range(0, len(sound), 160):
            frame = sound[first : first + 160]
            self.do(self.bridge.caller_audio(frame, self.now_ms, self.now_ms + 20))
            self.now_ms += 20
            self.do(self.bridge.tick(self.now_ms))

    def agent(self, *messages: dg.AgentMessage) -> list[Effect]:
        return [e for m in messages for e in self.do(self.bridge.agent_message(m, self.now_ms))]

    def speak(self, text: str, ms: int, *, done: bool = True) -> list[Effect]:
        """The agent says a sentence of `ms`, its audio all at once."""
        effects = self.agent(dg.ConversationText("assistant", text))
        effects += self.do(self.bridge.agent_audio(numbered(ms * 8), self.now_ms))
        return effects + (self.agent(dg.AgentAudioDone()) if done else [])

    def echo_marks(self) -> None:
        for mark in self.of(SendMark):
            self.do(self.bridge.mark_echoed(mark.name, self.now_ms))

    def of(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def notes(self, kind: EventType) -> list[dict[str, Any]]:
        return [note.event.data for note in self.of(Note) if note.event.type is kind]


def listening_call(limits: Limits = NO_LIMITS) -> Call:
    """A call whose agent is ready to greet somebody who says nothing."""
    call = Call(limits=limits)
    call.agent(dg.Welcome("r"))
    call.hear(silence(2100))
    call.agent(dg.SettingsApplied())
    return call


def talking_call() -> Call:
    """A call whose opening line was heard."""
    call = Call()
    call.agent(dg.Welcome("r"))
    call.hear(voice(400) + silence(600))
    call.agent(dg.SettingsApplied())
    call.speak(OPENING, 2000)
    call.hear(silence(2000))
    call.echo_marks()
    call.hear(silence(200))
    call.effects.clear()
    return call
