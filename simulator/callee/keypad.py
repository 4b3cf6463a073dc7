"""The keys a callee presses, one after another as fingers do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

KEY_MS = 250
"""From one key to the next."""


class Keypad:
    """Presses keys at a finger's pace; `on_press` gets each one when it is pressed."""

    def __init__(self, on_press: Callable[[str], None]) -> None:
        self._on_press = on_press
        self._waiting: deque[str] = deque()
        self._free_at_ms = 0.0

    @property
    def busy(self) -> bool:
        """There are keys left to press."""
        return bool(self._waiting)

    def press(self, keys: str) -> None:
        """Press `keys` after those that still wait."""
        self._waiting.extend(keys)

    def step(self, at_ms: float) -> None:
        """Time is `at_ms` now."""
        if self._waiting and at_ms >= self._free_at_ms:
            self._free_at_ms = at_ms + KEY_MS
            self._on_press(self._waiting.popleft())
