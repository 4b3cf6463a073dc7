"""The rules of a live call: what Twilio and the agent say goes in, what shall be done comes out.

No socket, no clock, no database: a `session.CallSession` feeds it and carries out its effects. All times are ms on the
call clock.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from telephony import effects as fx
from telephony.agent_watch import AgentWatch
from telephony.conversation import CALLER, Conversation
from telephony.deepgram import messages as dg
from telephony.dialogue import Dialogue
from telephony.ending import Ending, Limits, Step
from telephony.events import EventType, NewEvent, TurnState
from telephony.opening import Decision, Opening
from telephony.playback import BYTES_PER_MS, Playback
from telephony.recovery import HOPELESS, SESSION_TOO_LONG, Recovery
from telephony.tools import Toolbox
from telephony.unplayed import Unplayed
from telephony.voice_activity import VoiceActivity

HELD_FRAMES = 250
"""Caller audio kept while the agent is not ready: 5 s, the oldest is dropped."""

STILL_THERE = "Hello, are you still there?"
CLOSING = "I am sorry, I have to end the call now. Goodbye."
SAY_AGAIN = "I am sorry, I lost you for a moment. Could you say that again?"
LINE_BROKE_UP = "I am sorry, the line broke up for a moment."


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
        now_ms: float = 0.0,
    ) -> None:
        """`before`: the turns of a call that was held until now by somebody else; None for a new call."""
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
        self._recovery = Recovery(now_ms)
        self._watch = AgentWatch(self.voice)
        self._opening = Opening(self.voice)
        self._begin = fx.Begin.RESUME if before is not None else None
        self._held: deque[bytes] = deque(maxlen=HELD_FRAMES)
        self._unplayed: Unplayed | None = None  # while there is no stream
        self._was_ready = False
        self._was_cut_short = False
        self._dropped: tuple[str, bool] | None = None
        self._session_too_long = False

    # --- from Twilio ---

    def caller_audio(self, audio: bytes, start_ms: float, now_ms: float) -> list[fx.Effect]:
        """A frame of the person called, that begins at `start_ms`."""
        self.voice.feed(audio, start_ms)
        if self.link is Link.READY:
            self._watch.sent(now_ms)
            return [fx.AudioToAgent(audio)]
        if self.link is not Link.OFF:
            self._held.append(audio)
            return self._open(now_ms)
        return []

    def mark_echoed(self, name: str, now_ms: float) -> list[fx.Effect]:
        """Twilio says that everything before this mark was played, or flushed."""
        self.playback.echo(name, now_ms)
        return self.tick(now_ms)

    def dtmf(self, digit: str) -> list[fx.Effect]:
        """The person called pressed a key."""
        return [fx.Note(NewEvent(EventType.DTMF, {"digit": digit}))]

    def stream_lost(self, now_ms: float) -> list[fx.Effect]:
        """The stream has stopped; another may follow. What it had not played is lost."""
        if self._unplayed is None:
            self._unplayed = Unplayed()
        return self._dialogue.cut(now_ms)

    def stream_attached(self, now_ms: float) -> list[fx.Effect]:
        """Another stream goes on with the call: it plays what the agent has said meanwhile."""
        held, self._unplayed = self._unplayed, None
        effects: list[fx.Effect] = []
        for item in held.items if held else ():
            effects += (
                self.agent_audio(item, now_ms) if isinstance(item, bytes) else self._agent_says(item, now_ms)
            )
        return effects

    # --- from the agent ---

    def agent_message(self, message: dg.AgentMessage, now_ms: float) -> list[fx.Effect]:
        """A text frame of the agent."""
        self._watch.heard_of()
        match message:
            case dg.Welcome():
                self.link = Link.CONNECTED
                return [_agent_note("connected"), *self._open(now_ms)]
            case dg.SettingsApplied():
                return self._ready(now_ms)
            case dg.ConversationText(role="user", content=text):
                return self._dialogue.caller_said(text, now_ms)
            case dg.ConversationText() | dg.AgentAudioDone():
                return self._agent_says(message, now_ms)
            case dg.UserStartedSpeaking():
                return self._dialogue.caller_started(now_ms)
            case dg.AgentThinking() | dg.AgentStartedSpeaking() | dg.EndOfTurn():
                self._dialogue.agent_begins()
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
                # The description of an error of ours may quote Settings, and with them what is private.
                detail = code if code in HOPELESS else f"{code}: {description}"
                return self._drop_agent(detail, permanent=code in HOPELESS)
            case dg.LatencyReport(values=values):
                return [fx.Measure(name, seconds * 1000) for name, seconds in values.items()]
        return []

    def agent_audio(self, audio: bytes, now_ms: float) -> list[fx.Effect]:
        """Speech of the agent, ahead of real time."""
        self._watch.heard_of()
        if self._unplayed is not None:
            self._unplayed.add(audio)
            return []
        return self._dialogue.agent_audio(audio, now_ms)

    def _agent_says(self, message: dg.ConversationText | dg.AgentAudioDone, now_ms: float) -> list[fx.Effect]:
        if self._unplayed is not None:
            self._unplayed.add(message)
            return []
        if isinstance(message, dg.ConversationText):
            return self._dialogue.agent_said(message.content, now_ms)
        return self._dialogue.agent_all_sent(now_ms)

    def agent_lost(self, detail: str, now_ms: float, *, permanent: bool = False) -> list[fx.Effect]:
        """The agent's connection is gone, or could not be made; `permanent`: another one would fare no better."""
        if self._dropped is not None:  # we know better than the socket why
            (detail, permanent), self._dropped = self._dropped, None
        self._toolbox.forget()
        self._watch.gone()
        self._was_cut_short = self.conversation.reply is not None
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
            return [*effects, fx.Apologise(reason, detail)]
        self.link = Link.CONNECTING
        return [*effects, fx.Reconnect(wait_ms)]

    def _drop_agent(self, detail: str, *, permanent: bool = False) -> list[fx.Effect]:
        if self._dropped is not None:
            return []
        self._dropped = (detail, permanent)
        return [fx.DropAgent()]

    # --- time ---

    def tick(self, now_ms: float) -> list[fx.Effect]:
        """Whatever is due at `now_ms`; called often."""
        effects = self._open(now_ms)
        effects += [fx.RecordAgent(placed) for placed in self.playback.settled(now_ms)]
        effects += self._dialogue.heard_out(now_ms)
        effects += self._end(now_ms)
        return effects + self._watch_agent(now_ms)

    def finish(self, now_ms: float) -> list[fx.Effect]:
        """The call is over: what was not played never will be."""
        effects = self._dialogue.cut(now_ms)
        return [*effects, *(fx.RecordAgent(placed) for placed in self.playback.settled(float("inf")))]

    def _watch_agent(self, now_ms: float) -> list[fx.Effect]:
        if self.link is not Link.READY:
            late = self._watch.took_no_settings(now_ms)
            return self._drop_agent("The voice agent did not take its settings.") if late else []
        if self._unplayed is not None:  # no stream: recognition needs sound all the same
            return [fx.AudioToAgent(b"\xff" * round(self._watch.sent(now_ms) * BYTES_PER_MS))]
        if self._watch.needs_keep_alive(now_ms):
            self._watch.sent(now_ms)
            return [fx.ToAgent(dg.KEEP_ALIVE)]
        if self._session_too_long and not self.playback.is_playing(now_ms):
            return self._drop_agent("The session is about to reach its longest duration.")
        if not self._recovery.is_spent and self._watch.is_deaf(now_ms):
            return self._drop_agent("The voice agent shows no sign of hearing anything.")
        return []

    # --- the opening ---

    def _open(self, now_ms: float) -> list[fx.Effect]:
        effects: list[fx.Effect] = []
        if self._with_agent and self._begin is None:
            decision = self._opening.decide(now_ms)
            if decision is not None:
                self._begin = fx.Begin.GREET if decision is Decision.GREET else fx.Begin.LISTEN
                note = {"decision": str(decision), "waited_ms": round(now_ms)}
                effects.append(fx.Note(NewEvent(EventType.OPENING, note)))
        if self._begin is not None and self.link is Link.CONNECTED:
            self.link = Link.CONFIGURING
            if self._was_ready and self.conversation.history:
                self._begin = fx.Begin.RESUME
            if self._begin is fx.Begin.GREET:
                self._held.clear()  # the hello that let the agent in needs no answer
            self._watch.configuring(now_ms)
            effects.append(fx.Configure(self._begin))
        return effects

    def _ready(self, now_ms: float) -> list[fx.Effect]:
        self.link = Link.READY
        self._was_ready = True
        self._watch.ready(now_ms)
        self._recovery.ready()
        effects: list[fx.Effect] = [_agent_note("ready"), *(fx.AudioToAgent(audio) for audio in self._held)]
        self._held.clear()
        history = self.conversation.history
        if self._begin is fx.Begin.RESUME and history and history[-1][0] == CALLER:
            effects.append(fx.ToAgent(dg.inject_agent_message(SAY_AGAIN)))
        elif self._begin is fx.Begin.RESUME and self._was_cut_short:
            effects.append(fx.ToAgent(dg.inject_agent_message(LINE_BROKE_UP)))
        return effects

    # --- tools and the end ---

    def tool_finished(self, call: dg.FunctionCall, answer: str) -> list[fx.Effect]:
        """What came of pressing keys. An agent that was lost meanwhile is not told: the next one did not ask."""
        answers = (
            [fx.ToAgent(dg.function_call_response(call, answer))] if self._toolbox.waits_for(call) else []
        )
        return [fx.Note(self._toolbox.finished(call, answer)), *answers]

    def _run_tool(self, call: dg.FunctionCall, now_ms: float) -> list[fx.Effect]:
        result = self._toolbox.run(call)
        effects: list[fx.Effect] = [fx.Note(event) for event in result.events]
        if result.ends_call:
            detail = str(call.arguments.get("reason", ""))[:500]
            self._ending.agent_asked(
                function_id=call.id, reason=result.ends_call, detail=detail, now_ms=now_ms
            )
        if result.keys:
            effects.append(fx.PressKeys(call, result.keys))
        if result.answer:
            effects.append(fx.ToAgent(dg.function_call_response(call, result.answer)))
        return effects

    def _end(self, now_ms: float) -> list[fx.Effect]:
        match self._ending.step(now_ms, can_speak=self.link is Link.READY, watch_silence=self._with_agent):
            case Step.ASK_IF_THERE:
                return [fx.ToAgent(dg.inject_agent_message(STILL_THERE))]
            case Step.SAY_CLOSING:
                return self._dialogue.interject(CLOSING, now_ms)
            case Step.HANG_UP:
                return [fx.HangUp(*self._ending.reason)]
        return []


def _agent_note(status: str, detail: str = "") -> fx.Note:
    return fx.Note(NewEvent(EventType.AGENT, {"status": status, "detail": detail}))
