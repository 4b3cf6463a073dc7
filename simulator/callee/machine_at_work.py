"""Machines on a call: each follows a script of things to say and waits, and a key may change the script."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from simulator.callee.machines import Hold, Machine, Menu, Nobody, Voicemail
from simulator.callee.mouth import Mouth
from simulator.callee.sounds import beep, music
from simulator.callee.voice import Voice
from simulator.speech import Utterance

FIRST_WORDS_MS = 300
KEY_REACTION_MS = 700
"""From a key to what it leads to."""
FADE_MS = 800
"""Quiet between an announcement and the music, either way, and before the person who comes at last."""
BEFORE_THE_TONE_MS = 300

Script = Iterator[Utterance | float]
"""Things to say, and waits in ms. It ends where the machine has nothing more to do."""
Say = Callable[[str], Utterance]


class MachineAtWork:
    """Plays one machine into one call. Driven by the callee, every 20 ms."""

    def __init__(self, machine: Machine, mouth: Mouth, voice: Voice) -> None:
        self.done = False
        """It has nothing more to do: a person comes, or after a voicemail nobody."""
        self._machine = machine
        self._mouth = mouth
        self._voice = voice
        self._spoken: dict[str, Utterance] = {}
        self._script: Script = iter(())
        self._wait_until_ms = 0.0
        self._chosen = False

    async def prepare(self) -> None:
        """Have everything ready: a machine says each thing many times the same way."""
        for text in _texts(self._machine):
            self._spoken[text] = await self._voice.utter(text)
        self._script = _script(self._machine, self._spoken.__getitem__, self._voice.sound)

    def key(self, key: str, at_ms: float) -> None:
        """A key arrived at `at_ms`: a menu that still waits for one stops talking and reacts."""
        if isinstance(self._machine, Menu) and not self._chosen:
            self._chosen = key in self._machine.choices
            self._mouth.hush()
            self._wait_until_ms = at_ms + KEY_REACTION_MS
            self._script = _after_key(self._machine, key, self._spoken.__getitem__)

    def step(self, at_ms: float) -> None:
        """Time is `at_ms` now: go on with the script."""
        while not self.done and not self._mouth.busy and at_ms >= self._wait_until_ms:
            match next(self._script, None):
                case None:
                    self.done = True
                case Utterance() as utterance:
                    self._mouth.say(utterance)
                case wait_ms:
                    self._wait_until_ms = at_ms + wait_ms


def _texts(machine: Machine) -> tuple[str, ...]:
    match machine:
        case Menu():
            return (machine.say, machine.invalid, *machine.choices.values())
        case Hold() | Voicemail():
            return (machine.say,)
        case Nobody():
            return ()


def _script(machine: Machine, say: Say, sound: Callable[[bytes], Utterance]) -> Script:
    match machine:
        case Menu():
            yield FIRST_WORDS_MS
            yield from _menu_for_ever(machine, say)
        case Hold():
            yield FIRST_WORDS_MS
            yield from _on_hold(machine, say(machine.say), sound)
        case Voicemail():
            yield from (FIRST_WORDS_MS, say(machine.say), BEFORE_THE_TONE_MS, sound(beep()))
            yield machine.record_s * 1000
        case Nobody():
            yield math.inf


def _menu_for_ever(menu: Menu, say: Say) -> Script:
    while True:
        yield say(menu.say)
        yield menu.repeat_after_s * 1000


def _after_key(menu: Menu, key: str, say: Say) -> Script:
    if key in menu.choices:
        yield say(menu.choices[key])
        return
    if key != menu.again_key:
        yield say(menu.invalid)
    yield from _menu_for_ever(menu, say)


def _on_hold(hold: Hold, announcement: Utterance, sound: Callable[[bytes], Utterance]) -> Script:
    tune_ms = int(hold.every_s * 1000) - announcement.duration_ms - 2 * FADE_MS
    tune = sound(music(max(0, tune_ms)))
    for _ in range(hold.announcements - 1):
        yield from (announcement, FADE_MS, tune, FADE_MS)
    yield from (announcement, FADE_MS)
