"""Taking turns: barge-in, late audio, the disclosure, and how long the agent thinks.

What is said goes through here; how the call begins and ends does not. All times are ms on the call clock.
"""

from __future__ import annotations

from telephony.conversation import Conversation
from telephony.deepgram import messages as dg
from telephony.effects import Effect, Measure, Note, PlayAudio, SaveTurn, SendClear, SendMark, ToAgent
from telephony.ending import Ending
from telephony.events import EventType, NewEvent, TurnState
from telephony.gate import Gate
from telephony.mulaw import BYTES_PER_MS
from telephony.mute import Mute
from telephony.playback import Playback
from telephony.prompts import discloses
from telephony.speaker import Speaker
from telephony.voice_activity import VoiceActivity

MAX_INJECTED_OPENINGS = 5


class Dialogue:
    """Both sides' turns in one call. Methods that return effects return them in the order to carry out."""

    def __init__(
        self,
        *,
        opening_line: str,
        playback: Playback,
        voice: VoiceActivity,
        conversation: Conversation,
        ending: Ending,
        muted: bool = False,
    ) -> None:
        self._opening_line = opening_line
        self._playback = playback
        self._voice = voice
        self._conversation = conversation
        self._ending = ending
        self._gate = Gate()
        self._mute = Mute(on=muted)
        self._thinking: tuple[int, float] | None = None
        self._unheard: tuple[int, float] | None = None
        """Where an answer begins in the playback, and when the words that it answers ended."""
        self._disclosed = any(
            discloses(text) for speaker, text in conversation.history if speaker == Speaker.AGENT
        )
        self._injected_openings = 0

    @property
    def is_muted(self) -> bool:
        """Whether the person called is kept from hearing the agent."""
        return self._mute.on

    # --- the person called ---

    def caller_started(self, now_ms: float) -> list[Effect]:
        """Deepgram hears speech. While the agent is speaking that is a barge-in."""
        self._conversation.caller_started(now_ms)
        speech = Note(NewEvent(EventType.SPEECH, {"at_ms": round(now_ms)}))
        dropped = self._playback.sent - self._playback.played(now_ms)
        if not self._conversation.agent_is_speaking or not (dropped or self._conversation.reply):
            if self._thinking is not None and not self._gate.is_closed:  # they go on: no answer to half of it
                self._gate.close(now_ms)
                self._thinking = None
            return [speech]
        effects = self.silence_agent(now_ms)
        self._ending.interrupted(now_ms)
        cut = next((effect.turn for effect in effects if isinstance(effect, SaveTurn)), None)
        if dropped and cut is not None:
            heard = {"heard_ms": cut.end_ms - cut.start_ms, "dropped_ms": dropped // BYTES_PER_MS}
            note = {"turn": cut.number, "at_ms": round(now_ms), **heard}
            effects.append(Note(NewEvent(EventType.BARGE_IN, note)))
        return [*effects, speech]

    def caller_said(self, text: str, now_ms: float) -> list[Effect]:
        """The text of a turn of the person called."""
        self.agent_begins()
        self._conversation.agent_all_sent()
        self._ending.caller_said()
        heard_out = self._conversation.heard_out(now_ms)
        turn = self._conversation.caller_said(text, now_ms)
        self._thinking = (turn.number, now_ms)
        return self._save([*heard_out, turn])

    # --- the agent ---

    def agent_begins(self) -> None:
        """A sign that a new reply is certain."""
        self._gate.open()
        self._mute.reply_ends()

    def agent_said(self, text: str, now_ms: float) -> list[Effect]:
        """A sentence of the agent. A first sentence that hides what it is, is replaced by the opening line."""
        self._gate.agent_said(text)
        if self._gate.drops(now_ms):  # of a reply that was cut off
            return []
        self._mute.sentence_begins()
        reply = self._conversation.reply
        if (reply is None or not reply.sentences) and self._must_disclose(text):
            self._injected_openings += 1
            return self.interject(self._opening_line, now_ms)
        return self._save([self._conversation.agent_said(text, now_ms)])

    def agent_audio(self, audio: bytes, now_ms: float) -> list[Effect]:
        """Speech of the agent, ahead of real time."""
        if self._gate.drops(now_ms):
            return []
        if self._mute.drops:
            self._thinking = None  # nobody hears the answer that was waited for
            return []
        effects: list[Effect] = [PlayAudio(audio)]
        if self._conversation.reply is None or not self._conversation.reply.has_audio:
            self._ending.reply_begins()
        self._playback.send(audio, now_ms)
        self._conversation.agent_audio_sent(len(audio), now_ms)
        if (name := self._playback.next_mark()) is not None:
            effects.append(SendMark(name))
        if self._thinking is not None:
            effects += self._first_byte(*self._thinking, self._playback.sent - len(audio), now_ms)
        return effects

    def agent_all_sent(self, now_ms: float) -> list[Effect]:
        """Nothing more of this reply will come; the phone still plays it."""
        if self._gate.drops(now_ms):
            return []
        effects: list[Effect] = []
        self._mute.reply_ends()
        reply = self._conversation.reply
        self._conversation.agent_all_sent()
        if (name := self._playback.next_mark(at_end=True)) is not None:
            effects.append(SendMark(name))
        if reply is not None and reply.has_audio:
            self._ending.reply_sent(reply.text, reply.start_ms)
        if self._ending.closing_was_sent:
            self._gate.shut()
        return effects + self.heard_out(now_ms)

    def agent_gone(self, now_ms: float) -> list[Effect]:
        """The agent's connection is gone: what it has sent is all that comes."""
        effects = self.agent_all_sent(now_ms)
        self.agent_begins()
        self._thinking = None
        return effects

    def heard_out(self, now_ms: float) -> list[Effect]:
        """Replies that were played to their end since the last question, and answers that began to be heard."""
        effects: list[Effect] = []
        if self._unheard is not None and self._playback.confirmed > self._unheard[0]:
            position, since_ms = self._unheard
            self._unheard = None
            effects.append(Measure("heard_latency", self._playback.starts_ms(position) - since_ms))
        return effects + self._save(self._conversation.heard_out(now_ms))

    def silence_agent(self, now_ms: float, *, awaited: str = "") -> list[Effect]:
        """Stop what is being played, and what may still come of it."""
        self._gate.close(now_ms, awaited=awaited)
        self._thinking = None
        return [SendClear(), *self.cut(now_ms)]

    def mute(self, now_ms: float) -> list[Effect]:
        """Let nothing of the agent be heard from now on; what it says meanwhile is a turn that nobody heard."""
        self._mute.begin(in_reply=self._conversation.reply is not None)
        self._thinking = None
        return [SendClear(), *self.cut(now_ms)]

    def unmute(self, now_ms: float) -> list[Effect]:
        """Let the agent be heard again, from its next sentence on."""
        self._mute.end()
        return self._save(self._conversation.cut(now_ms))

    def cut(self, now_ms: float) -> list[Effect]:
        """The phone plays nothing more of what was sent."""
        self._playback.clear(now_ms)
        self._unheard = None
        return self._save(self._conversation.cut(now_ms))

    def interject(self, text: str, now_ms: float) -> list[Effect]:
        """Make the agent say `text` at once, instead of whatever it says now."""
        effects = self.silence_agent(now_ms, awaited=text)
        return [*effects, ToAgent(dg.inject_agent_message(text, interrupt=True))]

    def close_with(self, text: str, now_ms: float) -> list[Effect]:
        """Make the agent say `text` last. Nothing is held back where it was silent: its audio may precede its text."""
        if self._conversation.agent_is_speaking or self._thinking is not None or self._gate.drops(now_ms):
            return self.interject(text, now_ms)
        return [ToAgent(dg.inject_agent_message(text, interrupt=True))]

    def _must_disclose(self, text: str) -> bool:
        if self._disclosed or self._ending.is_decided or self._mute.on:
            return False
        if self._injected_openings >= MAX_INJECTED_OPENINGS:
            return False
        return not discloses(text) and not discloses(self._conversation.text_on_the_way)

    def _first_byte(self, turn: int, since_ms: float, position: int, now_ms: float) -> list[Effect]:
        self._thinking = None
        thought = {"turn": turn, "duration_ms": round(now_ms - since_ms)}
        effects: list[Effect] = [Note(NewEvent(EventType.AGENT_THINKING, thought))]
        if self._voice.last_ms is not None:
            effects.append(Measure("answer_latency", now_ms - self._voice.last_ms))
            self._unheard = (position, self._voice.last_ms)
        return effects

    def _save(self, turns: list[TurnState]) -> list[Effect]:
        for turn in turns:
            if turn.speaker == Speaker.AGENT and turn.final and discloses(turn.heard_text):
                self._disclosed = True
        return [SaveTurn(turn) for turn in turns]
