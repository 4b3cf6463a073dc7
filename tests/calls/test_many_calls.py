"""200 calls of every kind, ten at a time: none is lost, and they leave nothing behind.

They take eight minutes: `pytest -m benchmark tests/calls/test_many_calls.py`. That none of each kind is lost is looked
at with every run of the tests, in test_scenarios.py.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.calls import stack as calls
from tests.calls.ledger import Held, Row, assert_all_accounted_for, held, rows, told_by_simulator
from tests.calls.scenario_ends import ANSWERED, REFUSED, UNANSWERED
from tests.calls.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

AT_ONCE = 10
SEED = 72
LOOK_EVERY_S = 10
SETTLED_WITHIN_S = 40

EVERYBODY = [*ANSWERED, *(name for name in UNANSWERED if name != "stopped"), *REFUSED]
PROCESSES = {"web": "callcenter.serve", "worker": "celery"}

MORE = Held(memory_mb=20, sockets=2, database_files=2, files=4, threads=2)
"""How much more may be held after 200 calls than after the ten before them."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A product of its own, so that all it ever did is known; it does not wait long."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    impatient = {"RING_TIMEOUT_SECONDS": "8", "SILENCE_TIMEOUT_SECONDS": "8"}
    with calls.running_stack(tmp_path, **impatient) as running:
        yield running


@pytest.mark.benchmark
def test_two_hundred_calls_are_accounted_for_and_leave_nothing(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(call_all(stack, mixed(10)))
    before = {name: settled(stack, command) for name, command in PROCESSES.items()}
    began = time.monotonic()
    samples = asyncio.run(call_all(stack, mixed(200)))
    took_s = time.monotonic() - began
    after = {name: settled(stack, command) for name, command in PROCESSES.items()}
    with capsys.disabled():
        print(f"\n200 calls, {AT_ONCE} at a time, in {took_s:.0f} s; most live at once: {most_live(samples)}")
        for name in PROCESSES:
            for what, now in asdict(after[name]).items():
                print(f"{name:>7} {what:<15} {asdict(before[name])[what]:>7} -> {now:>7}")
    assert_all_accounted_for(stack, samples)
    for name in PROCESSES:
        for what, most in asdict(MORE).items():
            more = asdict(after[name])[what] - asdict(before[name])[what]
            assert more <= most, f"{name} holds {more} more {what}"


def mixed(count: int) -> list[str]:
    """So many scenarios, each as often as any other, in an order that is the same each time."""
    order = random.Random(SEED)
    names = order.sample(EVERYBODY, len(EVERYBODY))
    chosen = list(islice(cycle(names), count))
    order.shuffle(chosen)
    return chosen


async def call_all(stack: Stack, names: list[str]) -> list[list[Row]]:
    """Call them, ten at a time; the rows as they were meanwhile, looked at again and again."""
    numbers = {
        row["name"].replace("-", "_"): row["number"] for row in await told_by_simulator(stack, "scenarios")
    }
    free = asyncio.Semaphore(AT_ONCE)

    async def call(name: str) -> None:
        async with free:
            if name in REFUSED:
                await call_and_be_refused(stack, numbers[name])
            else:
                await calls.place_and_follow(stack, numbers[name])

    samples = []
    work = asyncio.gather(*(call(name) for name in names))
    while not work.done():
        samples.append(await asyncio.to_thread(rows, stack))
        await asyncio.wait([work], timeout=LOOK_EVERY_S)
    await work
    return samples


async def call_and_be_refused(stack: Stack, number: str) -> None:
    async with stack.client() as client:
        task = await calls.create_task(client, number)
        async with client.post(f"/api/tasks/{task['id']}/call") as answer:
            assert answer.status in (422, 502)


def most_live(samples: list[list[Row]]) -> int:
    """How many calls were live at once, at most, when it was looked."""
    return max(len([call for call in sample if call["live"]]) for sample in samples)


def settled(stack: Stack, command: str) -> Held:
    """What a process holds once it lets go of nothing more: connections are kept for a while."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    least = held(stack, command)
    quiet_since = time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - quiet_since < SETTLED_WITHIN_S / 4:
        now = held(stack, command)
        if (now.sockets, now.files, now.threads) < (least.sockets, least.files, least.threads):
            quiet_since = time.monotonic()
        least = now if now.files <= least.files else least
        time.sleep(0.5)
    return least
