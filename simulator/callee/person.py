"""A person on the line: greets, waits for its turn, answers what it heard, and interrupts where it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulator.callee.conversation import Answer, Conversation
from simulator.callee.keypad import Keypad
from simulator.callee.listening import Listener
from simulator.callee.mouth import Mouth
from simulator.callee.scenario import Interrupt, Scenario, Then
from simulator.callee.voice import Voice
from simulator.speech import Utterance

MAX_ARE_YOU_THERE = 3
"""Times it asks into silence before it hangs up."""
LINGER_MS = 200
"""From its last word or key to the click."""


class Person:
    """Acts out the human part of one scenario. Driven by the callee: `heard` and `step`, every 20 ms."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        mouth: Mouth,
        keypad: Keypad,
        listener: Listener,
        voice: Voice,
        hang_up: Callable[[], None],
    ) -> None:
        self._scenario = scenario
        self._mouth = mouth
        self._keypad = keypad
        self._listener = listener
        self._voice = voice
        self._hang_up = hang_up
        self._conversation = Conversation(scenario)
        self._thinking: set[asyncio.Task[None]] = set()
        self._greeting: Utterance | None = None
        self._came_ms: float | None = None
        self._interruptions: list[tuple[Interrupt, Utterance | None]] = []
        self._interrupted_turn = 0
        self._turn_heard: str | None = None
        self._last_sound_ms = 0.0
        self._asked_into_silence = 0
        self._hang_up_when_said = False
        self._leaving = False

    async def prepare(self) -> None:
        """Have ready what must come at once: the greeting and the interruptions."""
        greeting = self._scenario.greeting
        if greeting.audio is not None:
            self._greeting = await self._voice.play(greeting.audio)
        elif greeting.say:
            self._greeting = await self._voice.utter(greeting.say)
        for interrupt in self._scenario.interrupts:
            words = await self._voice.utter(interrupt.say) if interrupt.say else None
            self._interruptions.append((interrupt, words))

    async def close(self) -> None:
        """Stop thinking, and let go of what was to be said."""
        self._greeting = None
        self._interruptions.clear()
        for task in self._thinking:
            task.cancel()
        await asyncio.gather(*self._thinking, return_exceptions=True)

    def heard(self, turn: str) -> None:
        """A turn of the agent is over; one that it cut off, or that began before it came, is not answered."""
        came_in_time = self._came_ms is not None and self._listener.turn_since_ms >= self._came_ms
        if came_in_time and self._listener.turns != self._interrupted_turn:
            self._turn_heard = f"{self._turn_heard} {turn}" if self._turn_heard else turn

    def step(self, at_ms: float) -> None:
        """Time is `at_ms` now: see what is to be done."""
        if self._came_ms is None:
            self._came_ms = at_ms
            self._last_sound_ms = at_ms
        if self._greeting is not None and at_ms >= self._came_ms + self._scenario.greeting.after_ms:
            self._mouth.say(self._greeting)
            self._greeting = None
        self._interrupt(at_ms)
        if self._mouth.busy or self._keypad.busy or self._thinking:
            self._last_sound_ms = at_ms
        elif self._hang_up_when_said:
            if at_ms - self._last_sound_ms >= LINGER_MS:
                self._hang_up()
        elif self._listener.speaking:
            self._last_sound_ms = at_ms
        else:
            self._take_turn(at_ms)

    def _take_turn(self, at_ms: float) -> None:
        """The floor is free: answer what was heard, or see whether the silence has lasted too long."""
        if self._turn_heard is not None:
            heard, self._turn_heard = self._turn_heard, None
            self._asked_into_silence = 0
            self._do(self._conversation.answer(heard))
        elif self._leaving and at_ms - self._last_sound_ms >= self._scenario.goodbye.wait_s * 1000:
            self._hang_up()
        elif at_ms - self._last_sound_ms >= self._scenario.patience_s * 1000:
            self._asked_into_silence += 1
            question = self._scenario.are_you_there
            self._do(Answer(question, hang_up=self._asked_into_silence >= MAX_ARE_YOU_THERE))

    def _interrupt(self, at_ms: float) -> None:
        if not self._interruptions or not self._listener.speaking or self._mouth.busy:
            return
        interrupt, words = self._interruptions[0]
        talked_ms = at_ms - self._listener.turn_since_ms
        if self._listener.turns < interrupt.utterance or talked_ms < interrupt.after_ms:
            return
        del self._interruptions[0]
        self._interrupted_turn = self._listener.turns
        if words is not None:
            self._mouth.say(words)
        self._hang_up_when_said = interrupt.then is Then.HANG_UP

    def _do(self, answer: Answer) -> None:
        self._hang_up_when_said = answer.hang_up
        self._leaving = answer.leave
        self._keypad.press(answer.press)
        if answer.say:
            task = asyncio.create_task(self._say(answer.say), name="callee speech")
            self._thinking.add(task)
            task.add_done_callback(self._thinking.discard)

    async def _say(self, text: str) -> None:
        self._mouth.say(await self._voice.utter(text))
