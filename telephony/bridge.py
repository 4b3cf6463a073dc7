"""The rules of a live call: what Twilio and the agent say goes in, what shall be done comes out.

No socket, no clock, no database: a `session.CallSession` feeds it and carries out its effects. All times are ms on the
call clock.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from telephony.conversation import Conversation
from telephony.deepgram import messages as dg
from telephony.effects import (
    AudioToAgent,
    Configure,
    Effect,
    HangUp,
    Measure,
    Note,
    PlayAudio,
    RecordAgent,
    SaveTurn,
    SendClear,
    SendMark,
    ToAgent,
)
from telephony.ending import Ending, Limits, Step
from telephony.events import EventType, NewEvent, TurnState
from telephony.gate import Gate
from telephony.opening import Decision, Opening
from telephony.playback import BYTES_PER_MS, Playback
from telephony.prompts import discloses
from telephony.tools import Toolbox
from telephony.voice_activity import VoiceActivity

HELD_FRAMES = 250
"""Caller audio kept while the agent is not ready: 5 s, the oldest is dropped."""

KEEP_ALIVE_MS = 5000
MAX_INJECTED_OPENINGS = 5

STILL_THERE = "Hello, are you still there?"
CLOSING = "I am sorry, I have to end the call now. Goodbye."


class Link(Enum):
    """How far the agent is."""

    OFF = auto()  # no agent on this call, or it is gone
    CONNECTING = auto()
    CONNECTED = auto()  # welcomed; Settings wait for the opening
    CONFIGURING = auto()  # Settings are on their way
    READY = auto()


class Bridge:
    """One call between Twilio and the agent. Every method returns the effects to carry out, in order."""

    def __init__(self, *, opening_line: str, limits: Limits, with_agent: bool = True) -> None:
        self.playback = Playback()
        self.voice = VoiceActivity()
        self.conversation = Conversation(self.playback, self.voice)
        self.link = Link.CONNECTING if with_agent else Link.OFF
        self._with_agent = with_agent
        self._opening_line = opening_line
        self._ending = Ending(limits, self.playback, self.voice)
        self._toolbox = Toolbox()
        self._opening = Opening(self.voice)
        self._decision: Decision | None = None
        self._held: deque[bytes] = deque(maxlen=HELD_FRAMES)
        self._gate = Gate()
        self._thinking: tuple[int, float] | None = None
        self._disclosed = False
        self._injected_openings = 0
        self._last_upstream_ms = 0.0

    # --- from Twilio ---

    def caller_audio(self, audio: bytes, start_ms: float, now_ms: float) -> list[Effect]:
        """A frame of the person called, that begins at `start_ms`."""
        self.voice.feed(audio, start_ms)
        if self.link is Link.READY:
            self._last_upstream_ms = now_ms
            return [AudioToAgent(audio)]
        if self.link is not Link.OFF:
            self._held.append(audio)
            return self._open(now_ms)
        return []

    def mark_echoed(self, name: str, now_ms: float) -> list[Effect]:
        """Twilio says that everything before this mark was played, or flushed."""
        self.playback.echo(name, now_ms)
        return self.tick(now_ms)

    def dtmf(self, digit: str) -> list[Effect]:
        """The person called pressed a key."""
        return [Note(NewEvent(EventType.DTMF, {"digit": digit}))]

    # --- from the agent ---

    def agent_message(self, message: dg.AgentMessage, now_ms: float) -> list[Effect]:
        """A text frame of the agent."""
        match message:
            case dg.Welcome():
                self.link = Link.CONNECTED
                return [_agent_note("connected"), *self._open(now_ms)]
            case dg.SettingsApplied():
                return self._ready(now_ms)
            case dg.ConversationText(role="user", content=text):
                return self._caller_said(text, now_ms)
            case dg.ConversationText(content=text):
                return self._agent_said(text, now_ms)
            case dg.UserStartedSpeaking():
                return self._caller_started(now_ms)
            case dg.AgentThinking() | dg.AgentStartedSpeaking() | dg.EndOfTurn():
                self._gate.open()
            case dg.AgentAudioDone():
                return self._reply_sent(now_ms)
            case dg.FunctionCallRequest(functions=functions):
                self._gate.open()
                return [effect for call in functions for effect in self._run_tool(call, now_ms)]
            case dg.FunctionCallCancelled(ids=ids):
                self._ending.agent_took_back(ids)
            case dg.AgentWarning(code=code, description=description):
                return [_agent_note("warning", f"{code}: {description}")]
            case dg.AgentError(code=code, description=description):
                return self.agent_lost(f"{code}: {description}")
            case dg.LatencyReport(values=values):
                return [Measure(name, seconds * 1000) for name, seconds in values.items()]
        return []

    def agent_audio(self, audio: bytes, now_ms: float) -> list[Effect]:
        """Speech of the agent, ahead of real time."""
        if self._gate.drops(now_ms):
            return []
        effects: list[Effect] = [PlayAudio(audio)]
        self.playback.send(audio, now_ms)
        self.conversation.agent_audio_sent(len(audio), now_ms)
        if (name := self.playback.next_mark()) is not None:
            effects.append(SendMark(name))
        if self._thinking is not None:
            effects += self._first_byte(*self._thinking, now_ms)
        return effects

    def agent_lost(self, detail: str) -> list[Effect]:
        """The agent's connection is gone, or could not be made."""
        if self.link is Link.OFF:
            return []
        self.link = Link.OFF
        if self._ending.is_decided:
            return [_agent_note("closed", detail)]
        return [_agent_note("error", detail), HangUp("error.deepgram", detail)]

    # --- time ---

    def tick(self, now_ms: float) -> list[Effect]:
        """Whatever is due at `now_ms`; called often."""
        effects = self._open(now_ms)
        effects += [RecordAgent(placed) for placed in self.playback.settled(now_ms)]
        effects += self._save(self.conversation.heard_out(now_ms))
        effects += self._end(now_ms)
        if self.link is Link.READY and now_ms - self._last_upstream_ms > KEEP_ALIVE_MS:
            self._last_upstream_ms = now_ms
            effects.append(ToAgent(dg.KEEP_ALIVE))
        return effects

    def finish(self, now_ms: float) -> list[Effect]:
        """The stream is over: what was not played never will be."""
        self.playback.clear(now_ms)
        effects = self._save(self.conversation.cut(now_ms))
        return [*effects, *(RecordAgent(placed) for placed in self.playback.settled(float("inf")))]

    # --- the opening ---

    def _open(self, now_ms: float) -> list[Effect]:
        effects: list[Effect] = []
        if self._with_agent and self._decision is None:
            self._decision = self._opening.decide(now_ms)
            if self._decision is not None:
                note = {"decision": str(self._decision), "waited_ms": round(now_ms)}
                effects.append(Note(NewEvent(EventType.OPENING, note)))
        if self._decision is not None and self.link is Link.CONNECTED:
            self.link = Link.CONFIGURING
            greet = self._decision is Decision.GREET
            if greet:
                self._held.clear()  # the hello that let the agent in needs no answer
            effects.append(Configure(greet=greet))
        return effects

    def _ready(self, now_ms: float) -> list[Effect]:
        self.link = Link.READY
        self._last_upstream_ms = now_ms
        held = [AudioToAgent(audio) for audio in self._held]
        self._held.clear()
        return [_agent_note("ready"), *held]

    # --- turns ---

    def _caller_started(self, now_ms: float) -> list[Effect]:
        self.conversation.caller_started(now_ms)
        effects: list[Effect] = [Note(NewEvent(EventType.SPEECH, {"at_ms": round(now_ms)}))]
        if not self.conversation.agent_is_speaking:
            return effects
        dropped = self.playback.sent - self.playback.played(now_ms)
        if dropped or self.conversation.reply is not None:
            silenced = self._silence_agent(now_ms)
            cut = next((effect.turn for effect in silenced if isinstance(effect, SaveTurn)), None)
            effects = silenced + effects
            if dropped and cut is not None:
                heard = {"heard_ms": cut.end_ms - cut.start_ms, "dropped_ms": dropped // BYTES_PER_MS}
                note = {"turn": cut.number, "at_ms": round(now_ms), **heard}
                effects.append(Note(NewEvent(EventType.BARGE_IN, note)))
            self._ending.interrupted(now_ms)
        return effects

    def _silence_agent(self, now_ms: float, *, awaited: str = "") -> list[Effect]:
        """Stop what is being played, and what may still come of it."""
        self.playback.clear(now_ms)
        self._gate.close(now_ms, awaited=awaited)
        self._thinking = None
        return [SendClear(), *self._save(self.conversation.cut(now_ms))]

    def _caller_said(self, text: str, now_ms: float) -> list[Effect]:
        self._gate.open()
        self.conversation.agent_all_sent()
        self._ending.caller_said()
        heard_out = self.conversation.heard_out(now_ms)
        turn = self.conversation.caller_said(text, now_ms)
        self._thinking = (turn.number, now_ms)
        return self._save([*heard_out, turn])

    def _agent_said(self, text: str, now_ms: float) -> list[Effect]:
        self._gate.agent_said(text)
        is_first_sentence = self.conversation.reply is None or not self.conversation.reply.sentences
        if is_first_sentence and self._must_disclose(text):
            self._injected_openings += 1
            return self._inject(self._opening_line, now_ms)
        if self._gate.is_closed:
            return []
        return self._save([self.conversation.agent_said(text, now_ms)])

    def _must_disclose(self, text: str) -> bool:
        missing = not self._disclosed and not self._ending.is_decided and not discloses(text)
        return missing and self._injected_openings < MAX_INJECTED_OPENINGS

    def _reply_sent(self, now_ms: float) -> list[Effect]:
        if self._gate.is_closed:
            return []
        effects: list[Effect] = []
        spoken = self.conversation.reply is not None and self.conversation.reply.has_audio
        self.conversation.agent_all_sent()
        if (name := self.playback.next_mark(at_end=True)) is not None:
            effects.append(SendMark(name))
        if spoken:
            self._ending.goodbye_sent()
        return effects + self._save(self.conversation.heard_out(now_ms))

    def _first_byte(self, turn: int, since_ms: float, now_ms: float) -> list[Effect]:
        self._thinking = None
        thought = {"turn": turn, "duration_ms": round(now_ms - since_ms)}
        effects: list[Effect] = [Note(NewEvent(EventType.AGENT_THINKING, thought))]
        if self.voice.last_ms is not None:
            effects.append(Measure("answer_latency", now_ms - self.voice.last_ms))
        return effects

    def _save(self, turns: list[TurnState]) -> list[Effect]:
        for turn in turns:
            if turn.speaker == "agent" and turn.final and discloses(turn.heard_text):
                self._disclosed = True
        return [SaveTurn(turn) for turn in turns]

    # --- ending ---

    def _run_tool(self, call: dg.FunctionCall, now_ms: float) -> list[Effect]:
        result = self._toolbox.run(call)
        if result.ends_call:
            detail = str(call.arguments.get("reason", ""))[:500]
            self._ending.agent_asked(function_id=call.id, detail=detail, now_ms=now_ms)
        return [*map(Note, result.events), ToAgent(dg.function_call_response(call, result.answer))]

    def _inject(self, text: str, now_ms: float) -> list[Effect]:
        """Make the agent say `text` at once, instead of whatever it says now."""
        effects = self._silence_agent(now_ms, awaited=text)
        return [*effects, ToAgent(dg.inject_agent_message(text, interrupt=True))]

    def _end(self, now_ms: float) -> list[Effect]:
        match self._ending.step(now_ms, can_speak=self.link is Link.READY, watch_silence=self._with_agent):
            case Step.ASK_IF_THERE:
                return [ToAgent(dg.inject_agent_message(STILL_THERE))]
            case Step.SAY_CLOSING:
                return self._inject(CLOSING, now_ms)
            case Step.HANG_UP:
                return [HangUp(*self._ending.reason)]
        return []


def _agent_note(status: str, detail: str = "") -> Note:
    return Note(NewEvent(EventType.AGENT, {"status": status, "detail": detail}))
