"""A person at a browser who answers the phone: a microphone or a keyboard on one side, the line on the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from simulator.callee.keypad import Keypad
from simulator.callee.listening import HeardLine, Listener
from simulator.callee.mouth import FRAME_BYTES, Mouth, Said
from simulator.callee.scenario import Scenario
from simulator.callee.voice import Voice
from simulator.room import Room

VISITOR = Scenario(
    name="visitor",
    number="+12025550198",
    description="Whoever talks from a browser.",
    ring_s=1.5,
    end_of_turn_ms=700,
)

MICROPHONE_FRAMES = 25
"""Sound of the microphone that waits for the line: half a second; the oldest is dropped."""

EARPIECE_FRAMES = 100
"""Sound of the line that waits for the person's socket: two seconds; the oldest is dropped."""


class Visitor:
    """Driven by the line as a `Callee` is. The microphone's words are nobody's: they are heard as "(inaudible)"."""

    def __init__(self, scenario: Scenario, room: Room, seed: str) -> None:
        self.scenario = scenario
        self.on_hang_up: Callable[[], None] = lambda: None
        self.on_press: Callable[[str], None] = lambda key: None
        self.on_earpiece: Callable[[], None] = lambda: None
        """Called when there is something in `earpiece`."""
        self.earpiece: deque[bytes] = deque(maxlen=EARPIECE_FRAMES)
        self.over = asyncio.Event()
        """Set when the call is over."""
        self.is_present = False
        """Whether a person holds the phone."""
        self._microphone: deque[bytes] = deque(maxlen=MICROPHONE_FRAMES)
        self._rest = b""
        self._mouth = Mouth(room, seed)
        self._keypad = Keypad(lambda key: self.on_press(key))
        self._listener = Listener(room, scenario.end_of_turn_ms)
        self._voice = Voice(scenario.voice, seed, scenario.seed)

    # --- the person's side ---

    def take_sound(self, audio: bytes) -> None:
        """Mu-law 8 kHz of the microphone, in any framing."""
        audio = self._rest + audio
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        self._microphone.extend(audio[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))

    async def take_text(self, text: str) -> None:
        """Words from the keyboard, spoken by the simulator: the other side understands them."""
        self._mouth.say(await self._voice.utter(text))

    def take_keys(self, keys: str) -> None:
        """Keys of the phone."""
        self._keypad.press(keys)

    # --- the line's side ---

    @property
    def said(self) -> list[Said]:
        """What it has said by keyboard."""
        return self._mouth.said

    def heard(self) -> list[HeardLine]:
        """What can be understood of what came over the line."""
        return self._listener.heard()

    async def prepare(self) -> None:
        """Nothing is to be said before somebody says it."""

    async def close(self) -> None:
        """The call is over."""
        self._listener.close()
        self._mouth.hush()
        self._microphone.clear()
        self.over.set()

    def key(self, key: str, at_ms: float) -> None:
        """A person does not care for tones."""

    def hear(self, frame: bytes, at_ms: float) -> None:
        """20 ms from the line."""
        self._listener.hear(frame, at_ms)
        if self.is_present:
            self.earpiece.append(frame)
            self.on_earpiece()

    def speak(self, at_ms: float) -> bytes:
        """20 ms into the line: what was typed goes before the microphone."""
        self._keypad.step(at_ms)
        if self._microphone and not self._mouth.busy:
            return self._microphone.popleft()
        return self._mouth.frame(at_ms)
