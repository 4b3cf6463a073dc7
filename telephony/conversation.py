"""Who said what, and how much of it was heard: turns from texts and audio positions.

Deepgram sends a reply sentence by sentence, its audio ahead of real time. Which words the person called has heard
follows from where playback stands between the positions at which the sentences arrived.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from telephony.events import TurnState
from telephony.playback import Playback
from telephony.speaker import Speaker
from telephony.voice_activity import VoiceActivity

HISTORY_TURNS = 200

NEW_UTTERANCE_QUIET_MS = 3000
"""Speech after this much quiet begins a new turn even when no text came for the one before."""

_HEARD_LATE_MS = 500

_BYTES_PER_CHAR = 550
"""About 14 characters a second: how long a sentence is whose audio has not all arrived."""

_WHOLE = 0.95


@dataclass(slots=True)
class Reply:
    """One turn of the agent while it is spoken."""

    number: int
    first: int
    start_ms: float
    end: int
    sentences: list[tuple[str, int]] = field(default_factory=list)
    all_sent: bool = False

    @property
    def text(self) -> str:
        return " ".join(text for text, _ in self.sentences)

    @property
    def has_audio(self) -> bool:
        return self.end > self.first

    def heard_text(self, played: int) -> str:
        """The words that were played when playback stood at `played`."""
        heard: list[str] = []
        for index, (text, begin) in enumerate(self.sentences):
            if index + 1 < len(self.sentences):
                end = self.sentences[index + 1][1]
            else:
                end = self.end if self.all_sent else max(self.end, begin + len(text) * _BYTES_PER_CHAR)
            part = (played - begin) / (end - begin) if end > begin else float(played >= end)
            if part >= _WHOLE:
                heard.append(text)
                continue
            words = _words_within(text, part)
            if words:
                heard.append(words)
            break
        return " ".join(heard)


def _words_within(text: str, part: float) -> str:
    """The words of `text` that end within its first `part`, 0 to 1."""
    limit, end, words = part * len(text), 0, []
    for word in text.split():
        end = text.index(word, end) + len(word)
        if end > limit:
            break
        words.append(word)
    return " ".join(words)


class Conversation:
    """Numbers the turns of a call and tells how they stand. Times are ms on the call clock."""

    def __init__(
        self, playback: Playback, voice: VoiceActivity, *, before: list[TurnState] | None = None
    ) -> None:
        """`before`: the turns of this call that another process has written."""
        self.history: deque[tuple[str, str]] = deque(maxlen=HISTORY_TURNS)
        """Who said what, as far as it was heard; the latest last."""
        self._playback = playback
        self._voice = voice
        self._number = 0
        for turn in before or ():
            self._number = max(self._number, turn.number)
            self._remember(turn)
        self._caller_start_ms: float | None = None
        self._caller_end_ms = 0.0
        self._replies: deque[Reply] = deque()

    @property
    def reply(self) -> Reply | None:
        """The reply that still receives text or audio."""
        last = self._replies[-1] if self._replies else None
        return last if last is not None and not last.all_sent else None

    @property
    def text_on_the_way(self) -> str:
        """What the agent has begun to say and was not heard to its end."""
        return " ".join(reply.text for reply in self._replies)

    @property
    def agent_is_speaking(self) -> bool:
        """Whether a reply was begun and not heard to its end."""
        return bool(self._replies)

    def caller_started(self, now_ms: float) -> None:
        """Speech of the person called begins, or goes on."""
        quiet_ms = self._voice.quiet_ms(now_ms)
        if self._caller_start_ms is None or quiet_ms is None or quiet_ms > NEW_UTTERANCE_QUIET_MS:
            self._caller_start_ms = now_ms

    def caller_said(self, text: str, now_ms: float) -> TurnState:
        """The text of what the person called has just said."""
        end_ms = min(now_ms, self._voice.last_ms if self._voice.last_ms is not None else now_ms)
        start_ms = self._caller_start_ms if self._caller_start_ms is not None else end_ms
        if self._voice.utterance_ms is not None and start_ms <= end_ms + _HEARD_LATE_MS:
            # Deepgram notices speech late, and held speech later still: the sound itself says when it began.
            start_ms = max(self._caller_end_ms, min(start_ms, self._voice.utterance_ms))
        self._caller_start_ms, self._caller_end_ms = None, end_ms
        turn = TurnState(
            number=self._next_number(),
            speaker=Speaker.CALLER,
            text=text,
            start_ms=round(start_ms),
            end_ms=round(max(start_ms, end_ms)),
            heard_text=text,
        )
        self._remember(turn)
        return turn

    def agent_said(self, sentence: str, now_ms: float) -> TurnState:
        """A sentence of the agent's reply."""
        reply = self._open_reply(now_ms)
        reply.sentences.append((sentence, self._playback.sent if reply.sentences else reply.first))
        return self._state(reply, now_ms, final=False)

    def agent_audio_sent(self, size: int, now_ms: float) -> None:
        """`size` bytes of the reply have just been handed to the playback."""
        reply = self._open_reply(now_ms, first=self._playback.sent - size)
        if not reply.has_audio:
            reply.first = self._playback.sent - size
            reply.start_ms = self._playback.starts_ms(reply.first)
            reply.sentences = [(text, reply.first) for text, _ in reply.sentences]
        reply.end = self._playback.sent

    def agent_all_sent(self) -> None:
        """Nothing more of this reply will come."""
        if (reply := self.reply) is not None:
            reply.all_sent = True

    def heard_out(self, now_ms: float) -> list[TurnState]:
        """The replies that were played to their end since the last question."""
        done = []
        played = self._playback.played(now_ms)
        while self._replies and self._replies[0].all_sent and played >= self._replies[0].end:
            done.append(self._state(self._replies.popleft(), now_ms, final=True))
        return self._finals(done)

    def cut(self, now_ms: float) -> list[TurnState]:
        """The agent fell silent now: every open reply ends with what was heard of it."""
        done = [self._state(reply, now_ms, final=True) for reply in self._replies]
        self._replies.clear()
        return self._finals(done)

    def _finals(self, turns: list[TurnState]) -> list[TurnState]:
        spoken = [turn for turn in turns if turn.text]
        for turn in spoken:
            self._remember(turn)
        return spoken

    def _remember(self, turn: TurnState) -> None:
        if turn.heard_text:
            self.history.append((turn.speaker, turn.heard_text))

    def _open_reply(self, now_ms: float, first: int | None = None) -> Reply:
        if (reply := self.reply) is not None:
            return reply
        position = self._playback.sent if first is None else first
        reply = Reply(self._next_number(), first=position, start_ms=now_ms, end=position)
        self._replies.append(reply)
        return reply

    def _state(self, reply: Reply, now_ms: float, *, final: bool) -> TurnState:
        text = reply.text
        heard_text = reply.heard_text(self._playback.played(now_ms)) if reply.has_audio else ""
        end_ms = now_ms if not final else min(now_ms, max(reply.start_ms, self._playback.ends_ms()))
        return TurnState(
            number=reply.number,
            speaker=Speaker.AGENT,
            text=text,
            start_ms=round(reply.start_ms),
            end_ms=round(max(reply.start_ms, end_ms)),
            heard=round(len(heard_text) / len(text), 3) if text else 0.0,
            heard_text=heard_text,
            final=final,
        )

    def _next_number(self) -> int:
        self._number += 1
        return self._number
