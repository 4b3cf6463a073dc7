"""One file of events and where everything in it is: its lines are read once, whatever is asked afterwards.

About 55 bytes of memory an event. The file stays open, so that a rotation moves nothing from under it.
"""

from __future__ import annotations

import datetime as dt
import heapq
import json
import os
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from telemetry.stats import Tally
from telemetry.timeline import (
    ALL_BUT_HOUR,
    EVERYTHING,
    Periods,
    Timeline,
    Unit,
    code_of,
    periods_by_kind,
    step_of,
    without_step,
)

SLOWEST: Final = 10
SLICE_BYTES: Final = 8 * 1024
"""Read on at once: about 0.3 ms of work, for which the interpreter is not shared."""

Kind = tuple[str, str]
"""component, action"""

Ids = tuple[str | None, str | None]
"""task_id, session_id"""

_NO_DURATION: Final = -1
_MOST: Final = 2**31 - 1
_LATEST: Final = 2**32 - 1


@dataclass(slots=True)
class Counted:
    """Rows of one kind, and their numbers."""

    rows: array[int] = field(default_factory=lambda: array("I"))
    tally: Tally = field(default_factory=Tally)
    slowest: list[tuple[int, int]] = field(default_factory=list)
    """(duration in µs, row), a heap of SLOWEST."""


@dataclass(slots=True)
class _OfKind(Counted):
    number: int = 0
    timeline: Timeline = field(default_factory=Timeline)


class Segment:
    """The index of the file behind `descriptor`, which it closes at its end. A row is the number of a readable line."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.kinds: dict[Kind, _OfKind] = {}
        self.rows_by_ids: dict[Ids, array[int]] = {}
        self.end = 0
        """How many bytes of the file have been read."""
        self._starts = array("Q")
        self._kind_numbers = array("I")
        self._kinds: list[Kind] = []  # by number
        self._ids_numbers = array("I")  # from 1; 0: none
        self._number_of_ids: dict[Ids, int] = {(None, None): 0}
        self._durations_us = array("q")
        self._counts = array("i")  # below zero: of failures
        self._most_us: dict[int, int] = {}  # of samples
        self._codes = array("Q")  # 0: without a time
        self._many: dict[int, int] = {}  # how many events a row is, where that is not one

    def __len__(self) -> int:
        return len(self._starts)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def key(self) -> tuple[int, int]:
        """Which file this is, whatever its name; no other can have this key while it is open."""
        status = os.fstat(self._descriptor)
        return status.st_dev, status.st_ino

    def was_cut(self) -> bool:
        """Has somebody emptied the file?"""
        return os.fstat(self._descriptor).st_size < self.end

    def read_on(self) -> bool:
        """Take in the next slice of whole lines; False when there was none."""
        block = os.pread(self._descriptor, SLICE_BYTES, self.end)
        whole = block.rfind(b"\n") + 1
        if not whole and len(block) == SLICE_BYTES:  # no line of ours is so long
            whole = SLICE_BYTES
        start = self.end
        for line in block[:whole].splitlines(keepends=True):
            self._take(start, line)
            start += len(line)
        self.end += whole
        return whole > 0

    def event(self, row: int) -> dict[str, Any]:
        """The event of a row, read from the file."""
        start = self._starts[row]
        end = self._starts[row + 1] if row + 1 < len(self) else self.end
        line = os.pread(self._descriptor, end - start, start).partition(b"\n")[0]
        event: dict[str, Any] = json.loads(line)
        return event

    def kind_number(self, row: int) -> int:
        """Which of `kinds`, by its `number`."""
        return self._kind_numbers[row]

    def kind(self, row: int) -> Kind:
        """The component and action of a row."""
        return self._kinds[self._kind_numbers[row]]

    def ids_number(self, row: int) -> int | None:
        """Which of `rows_by_ids`, in its order; None when the event is of no task and no call."""
        return self._ids_numbers[row] - 1 if self._ids_numbers[row] else None

    def count_into(self, counted: Counted, row: int) -> None:
        """Count a row that is later than all that are counted there."""
        counted.rows.append(row)
        self.add_to(counted.tally, row)
        duration_us = self._durations_us[row]
        if duration_us != _NO_DURATION:
            _keep_slowest(counted.slowest, (duration_us, row))

    def duration_us(self, row: int) -> int:
        """How long the event took; -1 when it has no duration."""
        return self._durations_us[row]

    def periods(self, rows: Sequence[int], unit: Unit) -> dict[int, Periods]:
        """These rows by the number of their kind, and by hour or day; those without a time are left out."""
        codes, mask = self._codes, ALL_BUT_HOUR if unit is Unit.DAY else EVERYTHING
        counted = Counter([codes[row] & mask for row in rows])
        for row in self._many.keys() & set(rows):  # each is one duration, counted already, and n events
            counted[without_step(codes[row] & mask)] += self._many[row] - 1
        counted.pop(0, None)
        return periods_by_kind(counted, unit)

    def add_to(self, tally: Tally, row: int) -> None:
        """Count a row."""
        count, duration_us = self._counts[row], self._durations_us[row]
        tally.add(
            abs(count),
            count > 0,
            None if duration_us == _NO_DURATION else duration_us,
            self._most_us.get(row),
        )

    def newest_first(self, block_bytes: int = 64 * 1024) -> Iterator[dict[str, Any]]:
        """The events of the file, from its end back, without any index."""
        position = os.fstat(self._descriptor).st_size
        rest = b""
        while position > 0:
            size = min(block_bytes, position)
            position -= size
            first, *lines = (os.pread(self._descriptor, size, position) + rest).split(b"\n")
            rest = first
            for line in reversed(lines):
                if (event := _event(line)) is not None:
                    yield event
        if (event := _event(rest)) is not None:
            yield event

    def _take(self, start: int, line: bytes) -> None:
        event = _event(line)
        if event is None:
            return
        row = len(self._starts)
        duration_us = _microseconds(event.get("duration_ms"))
        most_us = _microseconds(event.get("max_ms"))
        count = event.get("count")
        count = min(count, _MOST) if type(count) is int and count > 0 else 1
        kind = self._kind(event)
        at_s, ok, step = (
            _unix_time(event.get("timestamp")),
            event.get("ok") is not False,
            step_of(duration_us),
        )
        self._starts.append(start)
        self._kind_numbers.append(kind.number)
        self._durations_us.append(_NO_DURATION if duration_us is None else duration_us)
        self._counts.append(count if ok else -count)
        self._codes.append(code_of(at_s, kind.number, ok, step) if at_s else 0)
        if count > 1:
            self._many[row] = count
        if most_us is not None:
            self._most_us[row] = most_us
        self.count_into(kind, row)
        if at_s:
            kind.timeline.add(at_s, count, ok, step)
        ids = ids_of(event)
        if ids not in self._number_of_ids:
            self.rows_by_ids[ids] = array("I")
            self._number_of_ids[ids] = len(self.rows_by_ids)
        number = self._number_of_ids[ids]
        self._ids_numbers.append(number)
        if number:
            self.rows_by_ids[ids].append(row)

    def _kind(self, event: dict[str, Any]) -> _OfKind:
        key = event["component"], event["action"]
        kind = self.kinds.get(key)
        if kind is None:
            kind = self.kinds[key] = _OfKind(number=len(self.kinds))
            self._kinds.append(key)
        return kind


def ids_of(event: dict[str, Any]) -> Ids:
    """The task and the call that an event is about; what is empty is none."""
    return event.get("task_id") or None, event.get("session_id") or None


def _event(line: bytes) -> dict[str, Any] | None:
    """The line as an event; None when it is unfinished or nothing of ours."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    texts = ("component", "action")
    ids = ("task_id", "session_id")
    if not all(isinstance(event.get(name), str) for name in texts):
        return None
    return event if all(isinstance(event.get(name), str | None) for name in ids) else None


def _microseconds(milliseconds: Any) -> int | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not milliseconds >= 0:
        return None
    return round(min(milliseconds, 1e12) * 1000)


def _unix_time(timestamp: Any) -> int:
    try:
        return max(0, min(_LATEST, int(dt.datetime.fromisoformat(timestamp).timestamp())))
    except (TypeError, ValueError, OverflowError):
        return 0


def _keep_slowest(heap: list[tuple[int, int]], entry: tuple[int, int]) -> None:
    if len(heap) < SLOWEST:
        heapq.heappush(heap, entry)
    elif entry > heap[0]:
        heapq.heapreplace(heap, entry)
