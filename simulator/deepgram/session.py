"""One conversation with the simulated agent, from applied Settings to the end of the socket."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from simulator.config import AgentTimings
from simulator.room import Room

from .brain import Called, Line, next_move
from .floor import Floor, Speech
from .functions import FunctionCalls, PendingCall
from .listening import Listener, TurnEdge, TurnEvent
from .settings import AgentSettings, read_think
from .voice import Voice
from .wire import Wire

MAX_CALLS_PER_TURN = 4
PROMPT_LIMIT_CHARS = 25_000
_AUDIO_FIRST_SHARE = 0.3
_STT_LATENCY_S = 0.12
_TTS_LATENCY_S = 0.08


class Session:
    """Hears the caller, thinks, speaks and calls functions, as the messages of the protocol.

    All methods are called by the reader of the socket, one at a time; what the agent says runs on the floor.
    """

    def __init__(
        self,
        wire: Wire,
        room: Room,
        settings: AgentSettings,
        timings: AgentTimings,
        seed: int,
        on_failure: Callable[[Exception], Awaitable[None]],
    ) -> None:
        self._wire = wire
        self._room = room
        self._settings = settings
        self._timings = timings
        self._prompt = settings.prompt
        self._functions = settings.functions
        self._conversation: list[Line | Called] = list(settings.conversation)
        self._random = random.Random(seed)
        self._voice = Voice(wire, room, timings, seed, self._announce)
        self._calls = FunctionCalls(wire, room)
        self._floor = Floor(on_failure)
        self._listener = Listener(
            room.ear("callee"), pause_ms=timings.pause_ms, end_ms=timings.end_of_turn_quiet_ms
        )
        self._early: PendingCall | None = None
        self._had_a_turn = False

    async def begin(self) -> None:
        """Take the floor with the greeting, if there is one."""
        if len(self._prompt) > PROMPT_LIMIT_CHARS:
            await self._wire.send("Warning", code="PROMPT_TOO_LONG", description="The prompt was truncated.")
            self._prompt = self._prompt[:PROMPT_LIMIT_CHARS]
        if self._settings.greeting:
            audio_at_s = time.monotonic() + self._timings.greeting_audio_ms / 1000
            greeting = partial(self._say, [self._settings.greeting], audio_at_s)
            self._floor.take(Speech("greeting", greeting))

    async def end(self) -> None:
        """Stop everything; the socket is closing."""
        await self._floor.clear()

    async def hear(self, audio: bytes) -> None:
        """Take caller audio, in any framing."""
        for event in self._listener.feed(audio):
            if event.edge in (TurnEdge.STARTED, TurnEdge.RESUMED):
                await self._user_started()
            elif event.edge is TurnEdge.PAUSED:
                await self._think_ahead(event.text)
            else:
                await self._turn_ended(event, "model")

    async def _user_started(self) -> None:
        sending, playing_ms = self._voice.sending, self._voice.playing_ms
        dropped = await self._floor.clear()
        late_frames = self._voice.cut()
        if self._early is not None:
            await self._calls.cancel(self._early)
            self._early = None
        self._room.note("user_started_speaking", sending=sending, playing_ms=round(playing_ms))
        await self._wire.send("UserStartedSpeaking")
        if sending and self._random.random() < self._timings.audio_done_on_barge_in:
            await self._voice.done()
        for frame in late_frames:
            await self._wire.send_audio(frame)
        for speech in dropped:
            if speech.kind == "injection":
                await self._refuse_injection("the user started to speak")

    async def _think_ahead(self, text: str) -> None:
        """Function calls do not wait until the turn is confirmed, unless they are to be deferred."""
        if not text:
            return
        move = next_move(self._prompt, [*self._conversation, Line("user", text)], self._functions)
        if move.function is not None and not self._functions[move.function].defer_until_eot:
            self._early = await self._calls.request(move.function, move.arguments)

    async def _turn_ended(self, event: TurnEvent, trigger: str) -> None:
        early, self._early = self._early, None
        if self._settings.flux:
            await self._wire.send("EndOfTurn", trigger=trigger)
        if event.text:
            await self._user_said(event.text)
            await self._wire.send("LatencyReport", stt_latency=_STT_LATENCY_S)
            self._reply(early)

    async def _user_said(self, text: str) -> None:
        self._room.note("user_text", text=text)
        self._conversation.append(Line("user", text))
        await self._conversation_text("user", text)
        if not self._had_a_turn:
            # The real service sends types that are in no specification: clients must pass over them.
            self._had_a_turn = True
            await self._wire.send("SessionNote", content="first user turn")

    def _reply(self, early: PendingCall | None = None) -> None:
        audio_at_s = time.monotonic() + self._timings.think_ms / 1000
        self._floor.take(Speech("reply", partial(self._think_and_say, early, audio_at_s)))

    async def _think_and_say(self, early: PendingCall | None, audio_at_s: float) -> None:
        if early is not None:
            await self._answer(early)
        for _ in range(MAX_CALLS_PER_TURN):
            move = next_move(self._prompt, self._conversation, self._functions)
            if move.function is None:
                await self._say(move.sentences, audio_at_s)
                return
            await self._answer(await self._calls.request(move.function, move.arguments))

    async def _answer(self, call: PendingCall) -> None:
        """Wait until the client answered `call`; a call without answer counts as failed."""
        answered, _ = await asyncio.wait({call.answer}, timeout=self._timings.function_timeout_s)
        if not answered:
            self._calls.give_up(call)
            self._conversation.append(Called(call.name, call.arguments, "error: no answer"))
            await self._wire.send(
                "Warning", code="FUNCTION_CALL_FAILED", description="No function call response."
            )

    async def _say(self, sentences: Sequence[str], audio_at_s: float) -> None:
        """Speak; the first byte leaves at `audio_at_s` (monotonic) at the earliest."""
        began_s = time.monotonic()
        for index, sentence in enumerate(sentences):
            utterance = await self._voice.prepare(sentence)
            if index > 0:
                await self._voice.say(utterance)
                continue
            await asyncio.sleep(max(0.0, audio_at_s - time.monotonic()))
            thought_s = round(time.monotonic() - began_s, 3)
            for key, value in (("ttt_token_latency", thought_s), ("tts_latency", _TTS_LATENCY_S)):
                await self._wire.send("LatencyReport", **{key: value})
            self._room.note("agent_audio_first_byte")
            await self._voice.say(utterance, audio_first=self._random.random() < _AUDIO_FIRST_SHARE)
            await self._wire.send("LatencyReport", total_latency=round(thought_s + _TTS_LATENCY_S, 3))
        await self._voice.done()

    async def _announce(self, sentence: str) -> None:
        self._room.note("agent_sentence", text=sentence)
        self._conversation.append(Line("assistant", sentence))
        await self._conversation_text("assistant", sentence)

    async def _conversation_text(self, role: str, content: str) -> None:
        await self._wire.send("ConversationText", role=role, content=content)
        if self._settings.sends_history:
            await self._wire.send("History", role=role, content=content)

    async def handle(self, message: Mapping[str, Any]) -> None:
        """Act on a checked client message other than Settings."""
        match message["type"]:
            case "FunctionCallResponse":
                called = await self._calls.answered(message, history=self._settings.sends_history)
                if called is not None:
                    self._conversation.append(called)
            case "InjectAgentMessage":
                await self._inject(message["message"], message.get("behavior", "default"))
            case "InjectUserMessage":
                await self._interrupt()
                await self._user_said(message["content"])
                if self._settings.flux:
                    await self._wire.send("EndOfTurn", trigger="manual")
                self._reply()
            case "UpdatePrompt":
                self._prompt = f"{self._prompt}\n{message['prompt']}"
                await self._wire.send("PromptUpdated")
            case "UpdateThink":
                self._prompt, self._functions = read_think(message)
                await self._wire.send("ThinkUpdated")
            case "UpdateSpeak":
                await self._wire.send("SpeakUpdated")
            case "UpdateListen":
                await self._wire.send("ListenUpdated")
            case "ForceEndTurn":
                await self._force_end_turn()

    async def _force_end_turn(self) -> None:
        if not self._settings.flux:
            await self._wire.send(
                "Warning",
                code="FORCE_END_TURN_UNSUPPORTED",
                description="ForceEndTurn needs a flux listen model.",
            )
        elif event := self._listener.force_end():
            await self._turn_ended(event, "manual")

    async def _inject(self, text: str, behavior: str) -> None:
        if behavior == "interrupt":
            await self._interrupt()
        elif self._listener.in_turn:
            await self._refuse_injection("the user is speaking")
            return
        elif behavior == "default" and self._floor.busy:
            await self._refuse_injection("the agent is speaking")
            return
        self._floor.take(Speech("injection", partial(self._say, [text], time.monotonic())))

    async def _refuse_injection(self, why: str) -> None:
        self._room.note("injection_refused", why=why)
        await self._wire.send("InjectionRefused", message=f"Injection refused because {why}.")

    async def _interrupt(self) -> None:
        await self._floor.clear()
        self._voice.cut()
