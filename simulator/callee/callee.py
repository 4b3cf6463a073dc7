"""The person who answers: listens to the line, waits for its turn, and speaks. Knows only what it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from simulator.callee.conversation import Answer, Conversation
from simulator.callee.listening import HeardLine, Listener
from simulator.callee.mouth import Mouth, Said
from simulator.callee.recording import load_recording
from simulator.callee.scenario import Interrupt, Scenario
from simulator.room import Room
from simulator.speech import Utterance, from_recording, seed_for, speak

log = logging.getLogger(__name__)

MAX_ARE_YOU_THERE = 3
"""Times it asks into silence before it hangs up."""
LINGER_MS = 200
"""From its last word to the click."""


class Callee:
    """Acts out one scenario in one call. Driven by the line: `hear`, then `speak`, every 20 ms."""

    def __init__(self, scenario: Scenario, room: Room, seed: str) -> None:
        self.scenario = scenario
        self.on_hang_up: Callable[[], None] = lambda: None
        self.on_press: Callable[[str], None] = lambda keys: None
        self._seed = seed
        self._mouth = Mouth(room, seed)
        self._listener = Listener(room, scenario.end_of_turn_ms)
        self._conversation = Conversation(scenario)
        self._thinking: set[asyncio.Task[None]] = set()
        self._made = 0
        self._greeting: Utterance | None = None
        self._greeting_due_ms: float | None = None
        self._interruptions: list[tuple[Interrupt, Utterance]] = []
        self._interrupted_turn = 0
        self._turn_heard: str | None = None
        self._last_sound_ms = 0.0
        self._asked_into_silence = 0
        self._hang_up_when_said = False
        self._leaving = False

    @property
    def said(self) -> list[Said]:
        """What it has said."""
        return self._mouth.said

    def heard(self) -> list[HeardLine]:
        """What it has understood, and "(inaudible)" where it did not."""
        return self._listener.heard()

    async def prepare(self) -> None:
        """Have ready what must come at once: the greeting and the interruptions."""
        greeting = self.scenario.greeting
        if greeting.audio is not None:
            recording = await asyncio.to_thread(load_recording, greeting.audio)
            self._greeting = from_recording(
                recording.audio, recording.text, speaker="callee", seed=self._next_seed()
            )
        elif greeting.say:
            self._greeting = await self._utter(greeting.say)
        for interrupt in self.scenario.interrupts:
            self._interruptions.append((interrupt, await self._utter(interrupt.say)))

    async def close(self) -> None:
        """Stop thinking."""
        for task in self._thinking:
            task.cancel()
        await asyncio.gather(*self._thinking, return_exceptions=True)

    def hear(self, frame: bytes, at_ms: float) -> None:
        """20 ms from the line. A turn that it cut off itself is not answered."""
        turn = self._listener.hear(frame, at_ms)
        if turn and self._listener.turns != self._interrupted_turn:
            self._turn_heard = f"{self._turn_heard} {turn}" if self._turn_heard else turn
        if self._listener.speaking:
            self._last_sound_ms = at_ms

    def speak(self, at_ms: float) -> bytes:
        """20 ms into the line."""
        self._decide(at_ms)
        return self._mouth.frame(at_ms)

    def _decide(self, at_ms: float) -> None:
        if self._greeting_due_ms is None:
            self._greeting_due_ms = at_ms + self.scenario.greeting.after_ms
            self._last_sound_ms = at_ms
        if self._greeting is not None and at_ms >= self._greeting_due_ms:
            self._mouth.say(self._greeting)
            self._greeting = None
        self._interrupt(at_ms)
        if self._mouth.busy or self._thinking:
            self._last_sound_ms = at_ms
        elif self._hang_up_when_said:
            if at_ms - self._last_sound_ms >= LINGER_MS:
                self.on_hang_up()
        elif not self._listener.speaking:
            self._take_turn(at_ms)

    def _take_turn(self, at_ms: float) -> None:
        """The floor is free: answer what was heard, or see whether the silence has lasted too long."""
        if self._turn_heard is not None:
            heard, self._turn_heard = self._turn_heard, None
            self._asked_into_silence = 0
            self._do(self._conversation.answer(heard))
        elif self._leaving and at_ms - self._last_sound_ms >= self.scenario.goodbye.wait_s * 1000:
            self.on_hang_up()
        elif at_ms - self._last_sound_ms >= self.scenario.patience_s * 1000:
            self._asked_into_silence += 1
            self._do(
                Answer(self.scenario.are_you_there, hang_up=self._asked_into_silence >= MAX_ARE_YOU_THERE)
            )

    def _interrupt(self, at_ms: float) -> None:
        if not self._interruptions or not self._listener.speaking or self._mouth.busy:
            return
        interrupt, utterance = self._interruptions[0]
        talked_ms = at_ms - self._listener.turn_since_ms
        if self._listener.turns == interrupt.utterance and talked_ms >= interrupt.after_ms:
            del self._interruptions[0]
            self._interrupted_turn = self._listener.turns
            self._mouth.say(utterance)

    def _do(self, answer: Answer) -> None:
        self._hang_up_when_said = answer.hang_up
        self._leaving = answer.leave
        if answer.press:
            self.on_press(answer.press)
        if answer.say:
            task = asyncio.create_task(self._say(answer.say), name="callee speech")
            self._thinking.add(task)
            task.add_done_callback(self._thinking.discard)

    async def _say(self, text: str) -> None:
        self._mouth.say(await self._utter(text))

    async def _utter(self, text: str) -> Utterance:
        return await speak(text, speaker="callee", voice=self.scenario.voice, seed=self._next_seed())

    def _next_seed(self) -> int:
        """No two utterances of a simulator share one, so that every word belongs to one call."""
        self._made += 1
        return seed_for(self._seed, self.scenario.seed, self._made)
