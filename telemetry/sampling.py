"""Very frequent events become one line for many: how often, how long on average and at most. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOISY_ACTIONS: Final = frozenset({"media_event", "save_audio_chunk", "media_mark_received"})
MAX_SERIES: Final = 1000
IDLE_S: Final = 10.0

Key = tuple[str, str, str | None, str | None]
"""component, action, task_id, session_id"""


@dataclass(slots=True)
class Series:
    """The events of one kind, in one call, that no line speaks of yet. `last_at` is Unix time in seconds."""

    key: Key
    last_at: float = 0.0
    count: int = 0
    timed: int = 0
    total_ms: float = 0.0
    max_ms: float | None = None

    @property
    def mean_ms(self) -> float | None:
        """Of the events that had a duration."""
        return self.total_ms / self.timed if self.timed else None


class Sampler:
    """Collects noisy events and gives a series out when it is full, idle or squeezed out."""

    def __init__(self) -> None:
        self._series: dict[Key, Series] = {}

    def __len__(self) -> int:
        return len(self._series)

    def add(self, at: float, key: Key, duration_ms: float | None, every_n: int) -> list[Series]:
        """Note one event; what is to be written now. `every_n` 0 keeps and writes nothing."""
        if every_n <= 0:
            return []
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(key)
        series.last_at = at
        series.count += 1
        if duration_ms is not None:
            series.timed += 1
            series.total_ms += duration_ms
            series.max_ms = duration_ms if series.max_ms is None else max(series.max_ms, duration_ms)
        if series.count >= every_n:
            return [self._series.pop(key)]
        if len(self._series) > MAX_SERIES:
            return [self._series.pop(next(iter(self._series)))]
        return []

    def idle(self, now: float) -> list[Series]:
        """Take out what has not grown for IDLE_S: its call is over."""
        stale = [key for key, series in self._series.items() if now - series.last_at >= IDLE_S]
        return [self._series.pop(key) for key in stale]

    def rest(self) -> list[Series]:
        """Take out everything."""
        rest = list(self._series.values())
        self._series.clear()
        return rest
