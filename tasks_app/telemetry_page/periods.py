"""The stretch of time that the page shows, cut into UTC hours or days, and the same stretch before it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from telemetry.timeline import Unit

RANGES: Final = {
    "24h": ("24 hours", Unit.HOUR, 24),
    "7d": ("7 days", Unit.DAY, 7),
    "30d": ("30 days", Unit.DAY, 30),
}
DEFAULT: Final = "7d"


@dataclass(frozen=True, slots=True)
class Periods:
    """The last `count` hours or days, the one that has begun included. `newest` is its number (Unit)."""

    name: str
    words: str
    unit: Unit
    count: int
    newest: int

    @classmethod
    def of(cls, name: str, now: dt.datetime) -> Periods:
        """The range that a page was asked for; the default for one that there is not."""
        name = name if name in RANGES else DEFAULT
        words, unit, count = RANGES[name]
        return cls(name, words, unit, count, int(now.timestamp()) // unit)

    @property
    def numbers(self) -> range:
        return range(self.newest - self.count + 1, self.newest + 1)

    @property
    def numbers_before(self) -> range:
        return range(self.newest - 2 * self.count + 1, self.newest - self.count + 1)

    @property
    def starts(self) -> list[dt.datetime]:
        """When each of them began."""
        return [self.start(number) for number in self.numbers]

    @property
    def before(self) -> dt.datetime:
        """When the stretch before this one began."""
        return self.start(self.numbers_before[0])

    @property
    def labels(self) -> list[str]:
        """Short names, in UTC: `14:00`, `20 May`."""
        return [
            f"{start:%H:%M}" if self.unit is Unit.HOUR else f"{start.day} {start:%b}" for start in self.starts
        ]

    def start(self, number: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(number * self.unit, dt.UTC)
