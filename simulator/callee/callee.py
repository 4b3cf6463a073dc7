"""Whoever answers: a person, or a machine that may lead to one. Knows only what it hears and the keys it gets."""

from __future__ import annotations

from collections.abc import Callable

from simulator.callee.keypad import Keypad
from simulator.callee.listening import HeardLine, Listener
from simulator.callee.machine_at_work import MachineAtWork
from simulator.callee.machines import Voicemail
from simulator.callee.mouth import Mouth, Said
from simulator.callee.person import Person
from simulator.callee.scenario import Scenario
from simulator.callee.voice import Voice
from simulator.room import Room


class Callee:
    """Acts out one scenario in one call. Driven by the line: `hear`, then `speak`, every 20 ms."""

    def __init__(self, scenario: Scenario, room: Room, seed: str) -> None:
        self.scenario = scenario
        self.on_hang_up: Callable[[], None] = lambda: None
        self.on_press: Callable[[str], None] = lambda key: None
        self._mouth = Mouth(room, seed)
        self._keypad = Keypad(lambda key: self.on_press(key))
        self._listener = Listener(room, scenario.end_of_turn_ms)
        voice = Voice(scenario.voice, seed, scenario.seed)
        self._machine: MachineAtWork | None = None
        if scenario.machine is not None:
            self._machine = MachineAtWork(scenario.machine, self._mouth, voice)
        self._person = Person(
            scenario,
            mouth=self._mouth,
            keypad=self._keypad,
            listener=self._listener,
            voice=voice,
            hang_up=lambda: self.on_hang_up(),
        )

    @property
    def said(self) -> list[Said]:
        """What it has said."""
        return self._mouth.said

    def heard(self) -> list[HeardLine]:
        """What it has understood, and "(inaudible)" where it did not; a machine's line hears too."""
        return self._listener.heard()

    async def prepare(self) -> None:
        """Have ready what must come at once. Raises RecordingError."""
        if self._machine is not None:
            await self._machine.prepare()
        await self._person.prepare()

    async def close(self) -> None:
        """The call is over: stop thinking, and let go of all audio."""
        self._listener.close()
        self._mouth.hush()
        self._machine = None
        await self._person.close()

    def hear(self, frame: bytes, at_ms: float) -> None:
        """20 ms from the line."""
        turn = self._listener.hear(frame, at_ms)
        if turn and self._machine is None:
            self._person.heard(turn)

    def key(self, key: str, at_ms: float) -> None:
        """A key of the other side arrived at `at_ms`; people do not care."""
        if self._machine is not None:
            self._machine.key(key, at_ms)

    def speak(self, at_ms: float) -> bytes:
        """20 ms into the line."""
        if self._machine is None:
            self._person.step(at_ms)
        else:
            self._machine.step(at_ms)
            if self._machine.done:
                self._leave_machine()
        self._keypad.step(at_ms)
        return self._mouth.frame(at_ms)

    def _leave_machine(self) -> None:
        if isinstance(self.scenario.machine, Voicemail):
            self.on_hang_up()
        else:
            self._machine = None
