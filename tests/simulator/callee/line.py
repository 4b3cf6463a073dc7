"""A callee on a line of its own, on virtual time: 20 ms of line for each step."""

from __future__ import annotations

import asyncio

from simulator.callee.callee import Callee
from simulator.callee.scenario import Scenario
from simulator.room import Room
from simulator.speech import Utterance, speak

SILENCE = b"\xff" * 160


class Line:
    """Plays what the agent says to one callee, 20 ms a step, and keeps what the callee speaks."""

    def __init__(self, scenario: Scenario | None = None, **fields: object) -> None:
        wanted = {"name": "n", "number": "+12025550100", "description": "d", "patience_s": 60}
        self.now_ms = 1000.0
        self.room = Room("CA1", lambda: self.now_ms)
        self.callee = Callee(scenario or Scenario.model_validate(wanted | fields), self.room, "seed")
        self.ended: list[str] = []
        self.keys: list[tuple[str, float]] = []
        self.callee.on_hang_up = lambda: self.ended.append("hung up")
        self.callee.on_press = lambda key: self.keys.append((key, self.now_ms))
        self.spoken = bytearray()

    async def step(self, frame: bytes = SILENCE) -> None:
        self.callee.hear(frame, self.now_ms)
        self.spoken += self.callee.speak(self.now_ms)
        self.now_ms += 20
        thinking = [task for task in asyncio.all_tasks() if task.get_name() == "callee speech"]
        await asyncio.gather(*thinking)

    async def quiet(self, ms: float) -> None:
        for _ in range(int(ms / 20)):
            if self.ended:
                return
            await self.step()

    async def agent(self, text: str, seed: int = 0, known: bool = True) -> Utterance:
        utterance = await speak(text, speaker="agent", seed=seed)
        if known:
            self.room.spoken(utterance)
        for at in range(0, len(utterance.audio), 160):
            if self.ended:
                break
            await self.step(utterance.audio[at : at + 160])
        return utterance

    def said(self) -> list[str | None]:
        return [said.text for said in self.callee.said]

    def times(self) -> list[float]:
        """When each thing said began, in ms since the call did."""
        return [said.start_ms - 1000 for said in self.callee.said]

    def key(self, key: str) -> None:
        """The agent's side presses a key."""
        self.callee.key(key, self.now_ms)
