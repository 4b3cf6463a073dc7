"""One speech at a time; those waiting are known when they are dropped, and failures are told."""

from __future__ import annotations

import asyncio

import pytest

from simulator.deepgram.floor import Floor, Speech

pytestmark = pytest.mark.unit


class Hall:
    """A floor, and what was said and what failed on it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.failures: list[Exception] = []
        self.failed = asyncio.Event()
        self.floor = Floor(self._fail)

    async def _fail(self, error: Exception) -> None:
        self.failures.append(error)
        self.failed.set()

    def speech(self, text: str, gate: asyncio.Event | None = None, error: Exception | None = None) -> Speech:
        async def run() -> None:
            self.said.append(text)
            if gate is not None:
                await gate.wait()
            if error is not None:
                raise error
            self.said.append(f"{text}, done")

        return Speech("injection", run)


async def test_speeches_come_in_order() -> None:
    hall, gate, error = Hall(), asyncio.Event(), RuntimeError("the end")
    hall.floor.take(hall.speech("one", gate))
    hall.floor.take(hall.speech("two"))
    hall.floor.take(hall.speech("three", error=error))
    assert hall.floor.busy

    gate.set()
    await asyncio.wait_for(hall.failed.wait(), 1)

    assert hall.said == ["one", "one, done", "two", "two, done", "three"]
    assert await hall.floor.clear() == []
    assert not hall.floor.busy


async def test_clearing_cuts_off_one_and_returns_the_others() -> None:
    hall = Hall()
    hall.floor.take(hall.speech("one", asyncio.Event()))
    waiting = hall.speech("two")
    hall.floor.take(waiting)
    await asyncio.sleep(0)

    assert await hall.floor.clear() == [waiting]
    assert hall.said == ["one"]


async def test_a_failure_is_told_and_drops_the_rest() -> None:
    hall, error = Hall(), RuntimeError("broken")
    hall.floor.take(hall.speech("one", error=error))
    hall.floor.take(hall.speech("two"))
    await asyncio.wait_for(hall.failed.wait(), 1)

    assert hall.failures == [error]
    assert hall.said == ["one"]
    await hall.floor.clear()
