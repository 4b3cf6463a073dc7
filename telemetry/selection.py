"""Which events somebody wants, and may see; and how to find them in a segment."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from telemetry.segment import SLOWEST, Ids, Kind, Segment, ids_of
from telemetry.stats import Tally
from telemetry.timeline import Periods, Unit
from telemetry.views import View, Visible, is_visible


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions that an event must meet, all of them; None is no condition."""

    component: str | None = None
    action: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    visible: Visible | None = None
    """Ids of tasks and calls: only what is about one of them may be seen."""
    viewer: int | None = None
    """Who asks: what was counted for them is kept for their next question."""

    @property
    def names_ids(self) -> bool:
        """Is there a condition about tasks or calls?"""
        return (self.task_id, self.session_id, self.visible) != (None, None, None)

    @property
    def seen_by(self) -> tuple[int, Visible] | None:
        """Who asks about all that they may see, of whatever kind, and what that is; None for other questions."""
        if self.viewer is None or self.visible is None or (self.task_id, self.session_id) != (None, None):
            return None
        return self.viewer, self.visible

    def has_kind(self, kind: Kind) -> bool:
        """Whether events of this component and action are wanted."""
        component, action = kind
        return self.component in (None, component) and self.action in (None, action)

    def has_ids(self, ids: Ids) -> bool:
        """Whether events of this task and call are wanted and may be seen."""
        task_id, session_id = ids
        if self.task_id not in (None, task_id) or self.session_id not in (None, session_id):
            return False
        return self.visible is None or is_visible(ids, self.visible)

    def has(self, event: dict[str, Any]) -> bool:
        """Whether this event is wanted and may be seen."""
        return self.has_kind((event["component"], event["action"])) and self.has_ids(ids_of(event))


@dataclass(frozen=True, slots=True)
class Found:
    """What a summary is made of. `slowest`: (duration in µs, row), the slowest SLOWEST of them."""

    tallies: dict[Kind, Tally]
    slowest: list[tuple[int, int]]


def tallied(segment: Segment, wanted: Wanted, view: View | None) -> Found:
    """The wanted events of a segment, by kind. `view`: of whoever asks about all of it, where there is one."""
    if view is not None or not wanted.names_ids:
        counted = segment.kinds if view is None else view.kinds
        kinds = {kind: entry for kind, entry in counted.items() if wanted.has_kind(kind)}
        slowest = [entry for of_kind in kinds.values() for entry in of_kind.slowest]
        return Found({kind: entry.tally for kind, entry in kinds.items()}, _slowest(slowest))
    tallies: dict[Kind, Tally] = {}
    by_number = {}
    for kind, entry in segment.kinds.items():
        if wanted.has_kind(kind):
            by_number[entry.number] = tallies[kind] = Tally()
    rows = [row for row in _rows_of_ids(segment, wanted) if segment.kind_number(row) in by_number]
    for row in rows:
        segment.add_to(by_number[segment.kind_number(row)], row)
    timed = ((segment.duration_us(row), row) for row in rows if segment.duration_us(row) >= 0)
    return Found({kind: tally for kind, tally in tallies.items() if tally.ok or tally.error}, _slowest(timed))


def periods(segment: Segment, wanted: Wanted, unit: Unit) -> dict[Kind, Periods]:
    """The wanted events of a segment by hour or day, by kind."""
    kinds = {kind: entry for kind, entry in segment.kinds.items() if wanted.has_kind(kind)}
    if not wanted.names_ids:
        return {kind: entry.timeline.periods(unit) for kind, entry in kinds.items()}
    counted = segment.periods(_rows_of_ids(segment, wanted), unit)
    return {kind: counted[entry.number] for kind, entry in kinds.items() if entry.number in counted}


def newest(segment: Segment, wanted: Wanted, view: View | None, limit: int) -> list[int]:
    """The rows of the last wanted events of a segment, newest first, no more than `limit`."""
    if view is not None:
        if (wanted.component, wanted.action) == (None, None):
            return list(reversed(view.rows[-limit:]))
        seen = [entry.rows[-limit:] for kind, entry in view.kinds.items() if wanted.has_kind(kind)]
        return heapq.nlargest(limit, chain.from_iterable(seen))
    kinds = [entry for kind, entry in segment.kinds.items() if wanted.has_kind(kind)]
    if wanted.names_ids:
        numbers = {entry.number for entry in kinds}
        rows = (row for row in _rows_of_ids(segment, wanted) if segment.kind_number(row) in numbers)
        return heapq.nlargest(limit, rows)
    if len(kinds) == len(segment.kinds):
        return list(range(len(segment) - 1, max(-1, len(segment) - 1 - limit), -1))
    last: Iterable[int] = (row for entry in kinds for row in entry.rows[-limit:])
    return heapq.nlargest(limit, last)


def number_of_rows(segment: Segment, wanted: Wanted) -> int:
    """How many rows must be looked at to find the wanted events by their ids."""
    return sum(len(rows) for ids, rows in segment.rows_by_ids.items() if wanted.has_ids(ids))


def _rows_of_ids(segment: Segment, wanted: Wanted) -> array[int]:
    found = array("I")
    for ids, rows in segment.rows_by_ids.items():
        if wanted.has_ids(ids):
            found.extend(rows)
    return found


def _slowest(entries: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return heapq.nlargest(SLOWEST, entries)
