"""One conversation with the simulated agent, from applied Settings to the end of the socket."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.config import AgentTimings
from simulator.deepgram.floor import Floor, Speech
from simulator.deepgram.functions import FunctionCalls, PendingCall
from simulator.deepgram.listening import Listener, TurnEdge, TurnEvent
from simulator.deepgram.mind import Mind
from simulator.deepgram.settings import AgentSettings, is_flux, read_think, speak_model
from simulator.deepgram.voice import Voice
from simulator.deepgram.wire import Wire
from simulator.room import Room

MAX_CALLS_PER_TURN = 4
_AUDIO_FIRST_SHARE = 0.3
_STT_LATENCY_S = 0.12
_TTS_LATENCY_S = 0.08


@dataclass(frozen=True, slots=True)
class _Early:
    """Functions called on a turn that is not confirmed yet; the turn's text belongs at `place` in the mind."""

    calls: list[PendingCall]
    place: int


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
        self._mind = Mind(settings.prompt, settings.functions, settings.conversation)
        self._random = random.Random(seed)
        self._voice = Voice(wire, room, timings, seed, settings.speak_model, self._announce)
        self._calls = FunctionCalls(
            wire,
            room,
            timeout_s=timings.function_timeout_s,
            history=settings.sends_history,
            remember=self._mind.called,
        )
        self._floor = Floor(on_failure)
        self._listener = Listener(
            room.ear("callee"), pause_ms=timings.pause_ms, end_ms=timings.end_of_turn_quiet_ms
        )
        self._early: _Early | None = None
        self._had_a_turn = False
        self._transcribes = True
        self._flux = settings.flux
        self._flux_wanted: bool | None = None

    async def begin(self) -> None:
        """Take the floor with the greeting, if there is one."""
        await self._fit_prompt()
        if self._settings.greeting:
            audio_at_s = time.monotonic() + self._timings.greeting_audio_ms / 1000
            greeting = partial(self._say, [self._settings.greeting], audio_at_s)
            self._floor.take(Speech("greeting", greeting))

    async def end(self) -> None:
        """Stop everything; the socket is closing."""
        await self._floor.clear()
        await self._calls.end()

    def stop_transcribing(self) -> None:
        """From now on it is told that the caller speaks, and never what."""
        self._room.note("transcription_stopped")
        self._transcribes = False

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
            await self._calls.cancel(self._early.calls)
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
        if not text or not self._transcribes:
            return
        move, functions = self._mind.think(text), self._mind.functions
        deferred = any(functions[call.name].defer_until_eot for call in move.calls)
        if move.calls and not move.sentences and not deferred:
            place = self._mind.length
            self._early = _Early(await self._calls.request(move.calls, functions), place)

    async def _turn_ended(self, event: TurnEvent, trigger: str) -> None:
        if not self._transcribes:
            return
        early, self._early = self._early, None
        if self._flux:
            await self._wire.send("EndOfTurn", trigger=trigger)
        if event.text:
            await self._user_said(event.text, early.place if early else None)
            await self._wire.send("LatencyReport", stt_latency=_STT_LATENCY_S)
            self._reply(early.calls if early else [])
        if self._flux_wanted is not None:
            await self._update_listen(self._flux_wanted)

    async def _user_said(self, text: str, place: int | None = None) -> None:
        self._room.note("user_text", text=text)
        self._mind.user_said(text, place)
        await self._conversation_text("user", text)
        if not self._had_a_turn:
            # The real service sends types that are in no specification: clients must pass over them.
            self._had_a_turn = True
            await self._wire.send("SessionNote", content="first user turn")

    def _reply(self, early: Sequence[PendingCall] = ()) -> None:
        audio_at_s = time.monotonic() + self._timings.think_ms / 1000
        self._floor.take(Speech("reply", partial(self._think_and_say, early, audio_at_s)))

    async def _think_and_say(self, early: Sequence[PendingCall], audio_at_s: float) -> None:
        await self._think_slowly()
        if early:
            await self._calls.wait(early)
        for _ in range(MAX_CALLS_PER_TURN):
            move = self._mind.think()
            if move.sentences:
                await self._say(move.sentences, audio_at_s)
            if not move.calls:
                break
            await self._calls.wait(await self._calls.request(move.calls, self._mind.functions))
        if not move.sentences:
            self._room.note("agent_silent")

    async def _think_slowly(self) -> None:
        """Take the time that a slow model takes; the client is warned at each interval of waiting."""
        left_s, every_s = self._timings.slow_think_ms / 1000, self._timings.slow_think_warning_s
        waited_s = 0.0
        while left_s - waited_s > every_s:
            await asyncio.sleep(every_s)
            waited_s += every_s
            text = f"We have now waited {waited_s:g} seconds for a think response."
            await self._wire.send("Warning", code="SLOW_THINK_REQUEST", description=text)
        await asyncio.sleep(left_s - waited_s)

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
        self._mind.agent_said(sentence)
        await self._conversation_text("assistant", sentence)

    async def _conversation_text(self, role: str, content: str) -> None:
        await self._wire.send("ConversationText", role=role, content=content)
        if self._settings.sends_history:
            await self._wire.send("History", role=role, content=content)

    async def handle(self, message: Mapping[str, Any]) -> None:
        """Act on a checked client message other than Settings."""
        match message["type"]:
            case "FunctionCallResponse":
                await self._calls.answered(message)
            case "InjectAgentMessage":
                await self._inject(message["message"], message.get("behavior", "default"))
            case "InjectUserMessage":
                await self._interrupt()
                await self._user_said(message["content"])
                if self._flux:
                    await self._wire.send("EndOfTurn", trigger="manual")
                self._reply()
            case "UpdatePrompt":
                self._mind.add_to_prompt(message["prompt"])
                await self._updated("PromptUpdated")
                await self._fit_prompt()
            case "UpdateThink":
                self._mind.instruct(*read_think(message))
                await self._updated("ThinkUpdated")
                await self._fit_prompt()
            case "UpdateSpeak":
                self._voice.use(speak_model(message))
                await self._updated("SpeakUpdated")
            case "UpdateListen":
                await self._update_listen(is_flux(message))
            case "ForceEndTurn":
                await self._force_end_turn()

    async def _updated(self, acknowledgement: str) -> None:
        self._room.note("agent_updated", acknowledgement=acknowledgement)
        await self._wire.send(acknowledgement)

    async def _fit_prompt(self) -> None:
        if self._mind.truncate():
            await self._wire.send("Warning", code="PROMPT_TOO_LONG", description="The prompt was truncated.")

    async def _update_listen(self, flux: bool) -> None:
        """Listen in another way, once the turn under way is over; of several updates in it the last one counts."""
        self._flux_wanted = flux
        if not self._listener.in_turn:
            self._flux, self._flux_wanted = flux, None
            await self._updated("ListenUpdated")

    async def _force_end_turn(self) -> None:
        if not self._flux:
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
