"""Who has the floor: the agent's replies and injections, one at a time, each of which may be cut off."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Speech:
    """Something the agent is going to say; `run` says it."""

    kind: Literal["greeting", "reply", "injection"]
    run: Callable[[], Coroutine[Any, Any, None]]


class Floor:
    """Runs speeches in order in a task of its own; `on_failure` is told when one of them fails."""

    def __init__(self, on_failure: Callable[[Exception], Awaitable[None]]) -> None:
        self._on_failure = on_failure
        self._waiting: deque[Speech] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a speech is under way or waiting."""
        return self._task is not None and not self._task.done()

    def take(self, speech: Speech) -> None:
        """Say `speech` when those before it are over."""
        self._waiting.append(speech)
        if not self.busy:
            self._task = asyncio.create_task(self._run())

    async def clear(self) -> list[Speech]:
        """Cut off the speech under way and drop those waiting, which are returned."""
        dropped = list(self._waiting)
        self._waiting.clear()
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        return dropped

    async def _run(self) -> None:
        while self._waiting:
            try:
                await self._waiting.popleft().run()
            except Exception as error:
                self._waiting.clear()
                await self._on_failure(error)
