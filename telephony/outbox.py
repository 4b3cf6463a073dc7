"""A bounded queue in front of a socket: audio may be dropped, messages never are."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """One writer task empties it; anybody in the same event loop may fill it without waiting.

    When more than `max_audio_bytes` of audio waits, the oldest audio is dropped and counted in `dropped_bytes`.
    """

    def __init__(self, *, max_audio_bytes: int) -> None:
        self.dropped_bytes = 0
        self._max_audio_bytes = max_audio_bytes
        self._audio_bytes = 0
        self._items: deque[bytes | T] = deque()
        self._filled = asyncio.Event()

    def put(self, item: bytes | T) -> None:
        """Queue audio (bytes) or a message."""
        if isinstance(item, bytes):
            self._audio_bytes += len(item)
            while self._audio_bytes > self._max_audio_bytes:
                self._drop_oldest_audio()
        self._items.append(item)
        self._filled.set()

    def discard_audio(self) -> None:
        """Forget all audio that waits; messages keep their order."""
        self._items = deque(item for item in self._items if not isinstance(item, bytes))
        self._audio_bytes = 0

    def discard(self) -> None:
        """Forget everything that waits."""
        self._items.clear()
        self._audio_bytes = 0

    async def take(self) -> list[bytes | T]:
        """Everything that waits, in order, neighbouring pieces of audio joined to one; waits for the first."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        joined: list[bytes | T] = []
        for item in self._items:
            if isinstance(item, bytes) and joined and isinstance(joined[-1], bytes):
                joined[-1] += item
            else:
                joined.append(item)
        self._items.clear()
        self._audio_bytes = 0
        return joined

    def _drop_oldest_audio(self) -> None:
        for index, item in enumerate(self._items):
            if isinstance(item, bytes):
                del self._items[index]
                self._audio_bytes -= len(item)
                self.dropped_bytes += len(item)
                return
        self._audio_bytes = 0
