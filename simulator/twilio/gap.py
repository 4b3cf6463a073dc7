"""Time on the line while no stream runs: the callee goes on living, and nobody hears it."""

from __future__ import annotations

import asyncio

from simulator.twilio.playback import FRAME_BYTES, FRAME_MS, SILENCE
from simulator.twilio.stream import Party
from simulator.world import World


class Gap:
    """Lets a callee live through the time between two streams of its call. What it says then is lost."""

    def __init__(self, party: Party, world: World) -> None:
        self._party = party
        self._world = world
        self._clock: asyncio.Task[None] | None = None

    def begin(self, at_ms: float) -> None:
        """From `at_ms` on no stream runs."""
        self._clock = asyncio.create_task(self._tick_forever(at_ms), name="line between streams")

    def end(self) -> None:
        """A stream runs, or the call is over."""
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    async def _tick_forever(self, at_ms: float) -> None:
        while True:
            await asyncio.sleep(max(0.0, at_ms - self._world.now_ms()) / 1000)
            self._party.hear(SILENCE * FRAME_BYTES, at_ms)
            self._party.speak(at_ms)
            at_ms += FRAME_MS
