"""The rules of a live call: what Twilio and the agent say goes in, what shall be done comes out.

No socket, no clock, no database: a `session.CallSession` feeds it and carries out its effects. All times are ms on the
call clock.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from telephony.conversation import CALLER, Conversation
from telephony.deepgram import messages as dg
from telephony.dialogue import Dialogue
from telephony.effects import (
    Apologise,
    AudioToAgent,
    Begin,
    Configure,
    DropAgent,
    Effect,
    HangUp,
    Measure,
    Note,
    PressKeys,
    Reconnect,
    RecordAgent,
    ToAgent,
)
from telephony.ending import Ending, Limits, Step
from telephony.events import EventType, NewEvent, TurnState
from telephony.opening import Decision, Opening
from telephony.playback import BYTES_PER_MS, Playback
from telephony.recovery import HOPELESS, SESSION_TOO_LONG, Recovery
from telephony.tools import Toolbox
from telephony.voice_activity import VoiceActivity

HELD_FRAMES = 250
"""Caller audio kept while the agent is not ready: 5 s, the oldest is dropped."""

HELD_AGENT_BYTES = 30_000 * BYTES_PER_MS
"""Agent audio kept while there is no stream: 30 s, what comes beyond it is dropped."""

KEEP_ALIVE_MS = 5000
STALL_MS = 5000
"""Speech that the agent shows no sign of having heard for this long means that it hears nothing any more."""

STILL_THERE = "Hello, are you still there?"
CLOSING = "I am sorry, I have to end the call now. Goodbye."
SAY_AGAIN = "I am sorry, I lost you for a moment. Could you say that again?"


class Link(Enum):
    """How far the agent is."""

    OFF = auto()  # no agent on this call, or it is gone for good
    CONNECTING = auto()
    CONNECTED = auto()  # welcomed; Settings wait for the opening
    CONFIGURING = auto()  # Settings are on their way
    READY = auto()


class Bridge:
    """One call between Twilio and the agent. Every method returns the effects to carry out, in order."""

    def __init__(
        self,
        *,
        opening_line: str,
        limits: Limits,
        with_agent: bool = True,
        before: list[TurnState] | None = None,
    ) -> None:
        """`before`: the turns of a call that another process has held until now; None for a new call."""
        self.playback = Playback()
        self.voice = VoiceActivity()
        self.conversation = Conversation(self.playback, self.voice, before=before)
        self.link = Link.CONNECTING if with_agent else Link.OFF
        self._with_agent = with_agent
        self._ending = Ending(limits, self.playback, self.voice)
        self._dialogue = Dialogue(
            opening_line=opening_line,
            playback=self.playback,
            voice=self.voice,
            conversation=self.conversation,
            ending=self._ending,
        )
        self._toolbox = Toolbox()
        self._recovery = Recovery()
        self._opening = Opening(self.voice)
        self._begin = Begin.RESUME if before is not None else None
        self._held: deque[bytes] = deque(maxlen=HELD_FRAMES)
        self._held_from_agent: bytearray | None = None  # None while there is a stream
        self._was_ready = False
        self._dropped: tuple[str, bool] | None = None
        self._session_too_long = False
        self._last_upstream_ms = self._last_downstream_ms = 0.0

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

    def stream_lost(self, now_ms: float) -> list[Effect]:
        """The stream has stopped; another may follow. What it had not played is lost."""
        if self._held_from_agent is None:
            self._held_from_agent = bytearray()
        return self._dialogue.cut(now_ms)

    def stream_attached(self, now_ms: float) -> list[Effect]:
        """Another stream goes on with the call: it plays what the agent has said meanwhile."""
        held, self._held_from_agent = self._held_from_agent, None
        return self._dialogue.agent_audio(bytes(held), now_ms) if held else []

    # --- from the agent ---

    def agent_message(self, message: dg.AgentMessage, now_ms: float) -> list[Effect]:
        """A text frame of the agent."""
        self._last_downstream_ms = now_ms
        match message:
            case dg.Welcome():
                self.link = Link.CONNECTED
                return [_agent_note("connected"), *self._open(now_ms)]
            case dg.SettingsApplied():
                return self._ready(now_ms)
            case dg.ConversationText(role="user", content=text):
                return self._dialogue.caller_said(text, now_ms)
            case dg.ConversationText(content=text):
                return self._dialogue.agent_said(text, now_ms)
            case dg.UserStartedSpeaking():
                return self._dialogue.caller_started(now_ms)
            case dg.AgentThinking() | dg.AgentStartedSpeaking() | dg.EndOfTurn():
                self._dialogue.agent_begins()
            case dg.AgentAudioDone():
                return self._dialogue.agent_all_sent(now_ms)
            case dg.FunctionCallRequest(functions=functions):
                self._dialogue.agent_begins()
                return [effect for call in functions for effect in self._run_tool(call, now_ms)]
            case dg.FunctionCallCancelled(ids=ids):
                self._ending.agent_took_back(ids)
            case dg.AgentWarning(code=code, description=description):
                self._session_too_long |= code in SESSION_TOO_LONG
                return [_agent_note("warning", f"{code}: {description}")]
            case dg.AgentError(code=code, description=description):
                self._session_too_long |= code in SESSION_TOO_LONG
                return self._drop_agent(f"{code}: {description}", permanent=code in HOPELESS)
            case dg.LatencyReport(values=values):
                return [Measure(name, seconds * 1000) for name, seconds in values.items()]
        return []

    def agent_audio(self, audio: bytes, now_ms: float) -> list[Effect]:
        """Speech of the agent, ahead of real time."""
        self._last_downstream_ms = now_ms
        if self._held_from_agent is not None:
            self._held_from_agent += audio[: HELD_AGENT_BYTES - len(self._held_from_agent)]
            return []
        return self._dialogue.agent_audio(audio, now_ms)

    def agent_lost(self, detail: str, now_ms: float, *, permanent: bool = False) -> list[Effect]:
        """The agent's connection is gone, or could not be made; `permanent`: another one would fare no better."""
        if self._dropped is not None:  # we know better than the socket why
            (detail, permanent), self._dropped = self._dropped, None
        effects = self._dialogue.agent_gone(now_ms)
        if self._ending.is_decided:
            self.link = Link.OFF
            return [*effects, _agent_note("closed", detail)]
        wait_ms = self._recovery.wait_ms(now_ms, permanent=permanent, planned=self._session_too_long)
        self._session_too_long = False
        effects.append(_agent_note("error", detail))
        if wait_ms is None:
            self.link = Link.OFF
            reason = "error.llm" if detail.startswith("FAILED_TO_THINK") else "error.deepgram"
            return [*effects, Apologise(reason, detail)]
        self.link = Link.CONNECTING
        return [*effects, Reconnect(wait_ms)]

    def _drop_agent(self, detail: str, *, permanent: bool = False) -> list[Effect]:
        self._dropped = (detail, permanent)
        return [DropAgent()]

    # --- time ---

    def tick(self, now_ms: float) -> list[Effect]:
        """Whatever is due at `now_ms`; called often."""
        effects = self._open(now_ms)
        effects += [RecordAgent(placed) for placed in self.playback.settled(now_ms)]
        effects += self._dialogue.heard_out(now_ms)
        effects += self._end(now_ms)
        if self.link is Link.READY:
            effects += self._watch_agent(now_ms)
        return effects

    def finish(self, now_ms: float) -> list[Effect]:
        """The call is over: what was not played never will be."""
        effects = self._dialogue.cut(now_ms)
        return [*effects, *(RecordAgent(placed) for placed in self.playback.settled(float("inf")))]

    def _watch_agent(self, now_ms: float) -> list[Effect]:
        unsent_ms = now_ms - self._last_upstream_ms
        if (
            self._held_from_agent is not None and unsent_ms > 0
        ):  # no stream: recognition needs sound all the same
            self._last_upstream_ms = now_ms
            return [AudioToAgent(b"\xff" * round(unsent_ms * BYTES_PER_MS))]
        if unsent_ms > KEEP_ALIVE_MS:
            self._last_upstream_ms = now_ms
            return [ToAgent(dg.KEEP_ALIVE)]
        if self._session_too_long and not self.playback.is_playing(now_ms):
            return self._drop_agent("The session is about to reach its longest duration.")
        spoken_ms = self.voice.last_ms or 0.0
        stalled = self._last_downstream_ms < spoken_ms < now_ms - STALL_MS
        if stalled and not self._recovery.is_spent and not self.playback.is_playing(now_ms):
            self._last_downstream_ms = now_ms
            return self._drop_agent("The voice agent shows no sign of hearing anything.")
        return []

    # --- the opening ---

    def _open(self, now_ms: float) -> list[Effect]:
        effects: list[Effect] = []
        if self._with_agent and self._begin is None:
            decision = self._opening.decide(now_ms)
            if decision is not None:
                self._begin = Begin.GREET if decision is Decision.GREET else Begin.LISTEN
                note = {"decision": str(decision), "waited_ms": round(now_ms)}
                effects.append(Note(NewEvent(EventType.OPENING, note)))
        if self._begin is not None and self.link is Link.CONNECTED:
            self.link = Link.CONFIGURING
            if self._was_ready and (self._begin is Begin.GREET or self.conversation.history):
                self._begin = Begin.RESUME
            if self._begin is Begin.GREET:
                self._held.clear()  # the hello that let the agent in needs no answer
            effects.append(Configure(self._begin))
        return effects

    def _ready(self, now_ms: float) -> list[Effect]:
        self.link = Link.READY
        self._was_ready = True
        self._recovery.ready()
        self._last_upstream_ms = now_ms
        effects: list[Effect] = [_agent_note("ready"), *(AudioToAgent(audio) for audio in self._held)]
        self._held.clear()
        history = self.conversation.history
        if self._begin is Begin.RESUME and history and history[-1][0] == CALLER:
            effects.append(ToAgent(dg.inject_agent_message(SAY_AGAIN)))
        return effects

    # --- tools and the end ---

    def tool_finished(self, call: dg.FunctionCall, answer: str) -> list[Effect]:
        """What came of something that took its time."""
        return [Note(self._toolbox.finished(call, answer)), ToAgent(dg.function_call_response(call, answer))]

    def _run_tool(self, call: dg.FunctionCall, now_ms: float) -> list[Effect]:
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

    def _end(self, now_ms: float) -> list[Effect]:
        match self._ending.step(now_ms, can_speak=self.link is Link.READY, watch_silence=self._with_agent):
            case Step.ASK_IF_THERE:
                return [ToAgent(dg.inject_agent_message(STILL_THERE))]
            case Step.SAY_CLOSING:
                return self._dialogue.interject(CLOSING, now_ms)
            case Step.HANG_UP:
                return [HangUp(*self._ending.reason)]
        return []


def _agent_note(status: str, detail: str = "") -> Note:
    return Note(NewEvent(EventType.AGENT, {"status": status, "detail": detail}))
