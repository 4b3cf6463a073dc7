"""The rules of a live call: what Twilio and the agent say goes in, what shall be done comes out.

No socket, no clock, no database: a `session.CallSession` feeds it and carries out its effects. All times are ms on the
call clock.
"""

from __future__ import annotations

from enum import Enum, auto

from telephony import effects as fx
from telephony.actions import Action
from telephony.agent_watch import AgentWatch
from telephony.beginning import Beginning
from telephony.controls import Controls
from telephony.conversation import Conversation
from telephony.deepgram import messages as dg
from telephony.dialogue import Dialogue
from telephony.ending import CLOSING, STILL_THERE, Ending, Limits, Step
from telephony.events import EventType, NewEvent
from telephony.held import Held
from telephony.injections import Injections
from telephony.keypad import Keypad
from telephony.playback import Playback
from telephony.recovery import SESSION_TOO_LONG, Loss, Recovery, told_by_agent
from telephony.so_far import SoFar
from telephony.tool_calls import ToolCalls
from telephony.unplayed import Unplayed
from telephony.voice_activity import VoiceActivity
from telephony.whispers import Whispers


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
        before: SoFar | None = None,
        now_ms: float = 0.0,
    ) -> None:
        """`before`: a call that was held until now by somebody else; None for a new call."""
        so_far = before or SoFar()
        self.playback = Playback()
        self.voice = VoiceActivity()
        self.conversation = Conversation(self.playback, self.voice, before=so_far.turns)
        self.link = Link.CONNECTING if with_agent else Link.OFF
        self._with_agent = with_agent
        self._ending = Ending(limits, self.playback, self.voice)
        self._dialogue = Dialogue(
            opening_line=opening_line,
            playback=self.playback,
            voice=self.voice,
            conversation=self.conversation,
            ending=self._ending,
            muted=so_far.muted,
        )
        self._keypad = Keypad()
        self._tools = ToolCalls(self._ending, self._keypad)
        self._injections = Injections(on_said=self._dialogue.agent_begins)
        self._whispers = Whispers(so_far.whispers)
        self._controls = Controls(self._dialogue, self._injections, self._whispers, self._keypad)
        self._recovery = Recovery(now_ms)
        self._watch = AgentWatch(self.voice)
        self._beginning = Beginning(self.voice, resumes=before is not None)
        self._held = Held()
        self._unplayed: Unplayed | None = None  # while there is no stream
        self._was_ready = False
        self._was_cut_short = False
        self._dropped: Loss | None = None
        self._session_too_long = False

    # --- from Twilio ---

    def caller_audio(self, audio: bytes, start_ms: float, now_ms: float) -> list[fx.Effect]:
        """A frame of the person called, that begins at `start_ms`."""
        self.voice.feed(audio, start_ms)
        if self.link is Link.READY:
            self._watch.sent(now_ms)
            return [fx.AudioToAgent(audio)]
        if self.link is not Link.OFF:
            self._held.add(audio, start_ms)
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
        self._keypad.release()
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
        self._watch.message(message, now_ms)
        match message:
            case dg.Welcome():
                self.link = Link.CONNECTED
                return [_agent_note("connected"), *self._open(now_ms)]
            case dg.SettingsApplied():
                return self._ready(now_ms)
            case dg.ConversationText(role="user", content=text):
                return self._dialogue.caller_said(text, now_ms)
            case dg.ConversationText(content=text):
                return [*self._injections.said(text), *self._agent_says(message, now_ms)]
            case dg.AgentAudioDone():
                return self._agent_says(message, now_ms)
            case dg.InjectionRefused(message=why):
                return self._injections.refused(why)
            case dg.PromptUpdated():
                return self._whispers.told()
            case dg.UserStartedSpeaking():
                return self._dialogue.caller_started(now_ms)
            case dg.AgentThinking() | dg.AgentStartedSpeaking() | dg.EndOfTurn():
                self._dialogue.agent_begins()
            case dg.FunctionCallRequest(functions=functions):
                self._dialogue.agent_begins()
                return [effect for call in functions for effect in self._tools.run(call, now_ms)]
            case dg.FunctionCallCancelled(ids=ids):
                self._ending.agent_took_back(ids)
            case dg.AgentWarning(code=code, description=description):
                self._session_too_long |= code in SESSION_TOO_LONG
                return [_agent_note("warning", f"{code}: {description}")]
            case dg.AgentError(code=code, description=description):
                self._session_too_long |= code in SESSION_TOO_LONG
                return self._drop_agent(told_by_agent(code, description))
            case dg.LatencyReport(values=values):
                return [fx.Measure(name, seconds * 1000) for name, seconds in values.items()]
        return []

    def agent_audio(self, audio: bytes, now_ms: float) -> list[fx.Effect]:
        """Speech of the agent, ahead of real time."""
        self._watch.audio(now_ms)
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

    def agent_lost(
        self, detail: str, now_ms: float, *, permanent: bool = False, was_silent: bool = False
    ) -> list[fx.Effect]:
        """The agent's connection is gone, or could not be made, as `AgentConnection` tells it."""
        # We know better than the socket why, where we gave it up ourselves.
        loss, self._dropped = self._dropped or Loss(detail, permanent=permanent), None
        self._tools.agent_gone()
        self._watch.gone()
        self._was_cut_short = self.conversation.reply is not None
        effects = [*self._dialogue.agent_gone(now_ms), *self._injections.lost()]
        if self._ending.is_decided:
            self.link = Link.OFF
            return [*effects, _agent_note("closed", loss.detail)]
        planned, self._session_too_long = self._session_too_long, False
        since_ms = self._watch.dead_since_ms(now_ms) if was_silent else now_ms
        wait_ms = self._recovery.next_wait_ms(
            now_ms, since_ms=since_ms, permanent=loss.permanent, planned=planned
        )
        effects.append(_agent_note("error", loss.detail))
        if wait_ms is None:
            self.link = Link.OFF
            return [*effects, fx.Apologise(loss.ended_reason, loss.detail)]
        self.link = Link.CONNECTING
        return [*effects, fx.Reconnect(wait_ms)]

    def _drop_agent(self, loss: Loss) -> list[fx.Effect]:
        if self._dropped is not None:
            return []
        self._dropped = loss
        return [fx.DropAgent()]

    # --- time ---

    def tick(self, now_ms: float) -> list[fx.Effect]:
        """Whatever is due at `now_ms`; called often."""
        effects = self._open(now_ms)
        effects += [fx.RecordAgent(placed) for placed in self.playback.settled(now_ms)]
        effects += self._dialogue.heard_out(now_ms)
        effects += self._end(now_ms)
        effects += self._injections.tick(now_ms)
        return effects + self._watch_agent(now_ms)

    def finish(self, now_ms: float) -> list[fx.Effect]:
        """The call is over: what was not played never will be, however long the line stays up."""
        effects = [fx.SendClear(), *self._dialogue.cut(now_ms), *self._controls.call_over()]
        return [*effects, *(fx.RecordAgent(placed) for placed in self.playback.settled(float("inf")))]

    def _watch_agent(self, now_ms: float) -> list[fx.Effect]:
        if self.link is not Link.READY:
            late = self._watch.took_no_settings(now_ms)
            return self._drop_agent(Loss("The voice agent did not take its settings.")) if late else []
        if self._unplayed is not None:  # no stream: recognition needs sound all the same
            return [fx.AudioToAgent(self._watch.silence(now_ms))]
        if self._watch.needs_keep_alive(now_ms):
            self._watch.sent(now_ms)
            return [fx.ToAgent(dg.KEEP_ALIVE)]
        if self._session_too_long and not self.playback.is_playing(now_ms):
            return self._drop_agent(Loss("The session is about to reach its longest duration."))
        if not self._recovery.is_spent and self._watch.notices_deafness(now_ms):
            return self._drop_agent(Loss("The voice agent shows no sign of hearing anything."))
        return []

    # --- the opening ---

    def _open(self, now_ms: float) -> list[fx.Effect]:
        effects = self._beginning.decide(now_ms) if self._with_agent else []
        if self._beginning.how is None or self.link is not Link.CONNECTED:
            return effects
        self.link = Link.CONFIGURING
        if self._was_ready and self.conversation.history:
            self._beginning.again()
        if self._beginning.how is fx.Begin.GREET:
            self._held.drop()  # the hello that let the agent in needs no answer
        self._watch.configuring(now_ms)
        return [*effects, fx.Configure(self._beginning.how, self._whispers.configured())]

    def _ready(self, now_ms: float) -> list[fx.Effect]:
        self.link = Link.READY
        self._was_ready = True
        self._watch.ready(now_ms)
        self._recovery.ready()
        will_answer = self._held.has_words(self.voice)
        effects: list[fx.Effect] = [_agent_note("ready"), *map(fx.AudioToAgent, self._held.take())]
        effects += self._whispers.agent_ready()
        history = self.conversation.history
        words = self._beginning.first_words(history, was_cut_short=self._was_cut_short)
        return effects if will_answer or not words else [*effects, *self._injections.inject(words, now_ms)]

    # --- keys, people and the end ---

    def keys_pressed(self, asked_by: dg.FunctionCall | Action, *, ok: bool) -> list[fx.Effect]:
        """Twilio presses keys, or does not, for whoever has asked for it. The keypad is taken until there is sound."""
        if isinstance(asked_by, Action):
            return self._controls.keys_pressed(asked_by, ok=ok)
        return self._tools.keys_pressed(asked_by, ok=ok)

    def act(self, action: Action, now_ms: float) -> list[fx.Effect]:
        """A person acts on the call."""
        return self._controls.act(
            action,
            now_ms,
            has_agent=self.link is not Link.OFF,
            agent_is_ready=self.link is Link.READY,
            has_stream=self._unplayed is None,
        )

    def _end(self, now_ms: float) -> list[fx.Effect]:
        match self._ending.step(now_ms, can_speak=self.link is Link.READY, watch_silence=self._with_agent):
            case Step.ASK_IF_THERE:
                return self._injections.inject(STILL_THERE, now_ms)
            case Step.SAY_CLOSING:
                return self._dialogue.close_with(CLOSING, now_ms)
            case Step.HANG_UP:
                return [fx.HangUp(*self._ending.reason)]
        return []


def _agent_note(status: str, detail: str = "") -> fx.Note:
    return fx.Note(NewEvent(EventType.AGENT, {"status": status, "detail": detail}))
