"""Wait for what happens elsewhere: in another task, thread or process."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

WITHIN_S = 10.0


def until(
    condition: Callable[[], object],
    what: str = "what was waited for",
    *,
    within_s: float = WITHIN_S,
    every_s: float = 0.02,
) -> None:
    """Wait until something is true, looking at it every `every_s`. Blocks."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {within_s:g} s: {what}"
        time.sleep(every_s)


async def auntil(
    condition: Callable[[], object | Awaitable[object]],
    what: str = "what was waited for",
    *,
    within_s: float = WITHIN_S,
    every_s: float = 0.005,
) -> None:
    """Wait until something is true, or is once it is awaited; other tasks run meanwhile."""
    try:
        async with asyncio.timeout(within_s):
            while not await _truth(condition()):  # noqa: ASYNC110  conditions are any predicate, here or elsewhere
                await asyncio.sleep(every_s)
    except TimeoutError as error:
        raise AssertionError(f"not within {within_s:g} s: {what}") from error


async def _truth(value: object | Awaitable[object]) -> bool:
    return bool(await value if inspect.isawaitable(value) else value)
