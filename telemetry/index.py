"""Answers about the events in the files, however many there are.

The files are read once, newest first, by a thread that exists only while there is something unread. An answer waits a
moment for it; where that is not enough, because a million events were never asked about before, the answer is of what
is known and says so (`complete`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from telemetry.segment import SLOWEST, Kind, Segment
from telemetry.selection import Wanted, newest, number_of_rows, periods, tallied
from telemetry.stats import Tally, summary
from telemetry.store import LineFile
from telemetry.timeline import Period, Periods, Unit, merged
from telemetry.views import View, Views

logger = logging.getLogger(__name__)

PATIENCE_S: Final = 0.02
"""How long an answer waits for the reader."""

SEARCH_S: Final = 0.02
"""How long `recent` looks through the files themselves while they are not all known."""

FEW: Final = 10_000
"""So many events of a person's own are looked up at once while their view is being counted."""

PAUSE_S: Final = 0.0001
"""After each slice, so that a live call's audio, which shares the interpreter, never waits long."""


@dataclass(slots=True)
class _Reading:
    """One reading of all that is new."""

    ended: threading.Event = field(default_factory=threading.Event)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class OverTime:
    """By kind, what happened in each period, in the order that was asked for."""

    complete: bool
    kinds: dict[Kind, list[Period]]


class EventIndex:
    """The events of one store, for any number of threads."""

    def __init__(self, store: LineFile) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._segments: list[Segment] = []  # newest first
        self._reading: _Reading | None = None
        self._views = Views(self._lock)

    def recent(self, wanted: Wanted, limit: int) -> dict[str, Any]:
        """The last `limit` wanted events, newest first."""
        wanted, complete = self._ready(wanted)
        with self._lock:
            if complete:
                events = self._known(wanted, limit)
            else:
                events, complete = self._searched(wanted, limit)
        return {"count": len(events), "complete": complete, "events": events}

    def summary(self, wanted: Wanted) -> dict[str, Any]:
        """How many wanted events there are, and how long they took."""
        wanted, complete = self._ready(wanted)
        with self._lock:
            found = [
                (segment, tallied(segment, wanted, self._view(segment, wanted))) for segment in self._segments
            ]
            tallies: dict[Kind, list[Tally]] = defaultdict(list)
            for _, of_segment in found:
                for kind, tally in of_segment.tallies.items():
                    tallies[kind].append(tally)
            everything = summary([tally for of_kind in tallies.values() for tally in of_kind])
            components = _grouped(tallies, 0)
            actions = _grouped(tallies, 1)
            slowest = [(us, segment, row) for segment, of_segment in found for us, row in of_segment.slowest]
            slowest = sorted(slowest, key=lambda entry: entry[0], reverse=True)[:SLOWEST]
            slowest_events = [segment.event(row) for _, segment, row in slowest]
        return {
            "event_count": everything["count"],
            "component_count": len(components),
            "action_count": len(actions),
            "complete": complete,
            "slowest_events": slowest_events,
            "durations_ms": everything,
            "components": components,
            "actions": actions,
        }

    def over_time(self, wanted: Wanted, unit: Unit, numbers: Sequence[int]) -> OverTime:
        """The wanted events in each of the numbered hours or days; kinds without any are left out."""
        complete = self._read_on()
        with self._lock:
            by_kind: dict[Kind, list[Periods]] = defaultdict(list)
            for segment in self._segments:
                for kind, known in periods(segment, wanted, unit).items():
                    by_kind[kind].append(known)
            kinds = {
                kind: [merged(known.get(number) for known in of_kind) for number in numbers]
                for kind, of_kind in by_kind.items()
            }
        happened = {kind: periods for kind, periods in kinds.items() if any(p.ok or p.error for p in periods)}
        return OverTime(complete, happened)

    def read_all(self, timeout_s: float) -> bool:
        """Wait until everything written so far is known. False when the time was not enough."""
        return self._read_on(timeout_s)

    def _ready(self, wanted: Wanted) -> tuple[Wanted, bool]:
        """Have everything read and counted for this question; how to ask it now, and whether the answer is complete."""
        give_up_at = time.monotonic() + PATIENCE_S
        complete = self._read_on()
        if wanted.seen_by is None:
            return wanted, complete
        left_s = max(0.0, give_up_at - time.monotonic())
        if self._views.count_on(*wanted.seen_by, list(self._segments), left_s):
            return wanted, complete
        with self._lock:
            if sum(number_of_rows(segment, wanted) for segment in self._segments) <= FEW:
                return replace(wanted, viewer=None), complete
        return wanted, False

    def _view(self, segment: Segment, wanted: Wanted) -> View | None:
        return None if wanted.seen_by is None else self._views.of(wanted.seen_by[0], segment)

    def _known(self, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        for segment in self._segments:
            rows = newest(segment, wanted, self._view(segment, wanted), limit - len(events))
            events.extend(segment.event(row) for row in rows)
            if len(events) >= limit:
                break
        return events

    def _searched(self, wanted: Wanted, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """The events, and whether they are all that were asked for."""
        events: list[dict[str, Any]] = []
        give_up_at = time.monotonic() + SEARCH_S
        for segment in self._segments:
            for event in segment.newest_first():
                if wanted.has(event):
                    events.append(event)
                    if len(events) >= limit:
                        return events, True
                if time.monotonic() > give_up_at:
                    return events, False
        return events, False

    def _read_on(self, timeout_s: float = PATIENCE_S) -> bool:
        """Have the files read on; whether all that was written before is known now."""
        with self._lock:
            reading = self._reading
            if reading is None:
                reading = self._reading = _Reading()
                threading.Thread(
                    target=self._read, args=(reading,), name="telemetry-index", daemon=True
                ).start()
        reading.ended.wait(timeout_s)
        return reading.complete

    def _read(self, reading: _Reading) -> None:
        try:
            while self._read_once():  # the first file has grown while the others were read
                pass
            reading.complete = True
        except OSError as error:
            logger.warning("the telemetry's files cannot be read: %s", error.strerror)
        finally:
            with self._lock:
                self._reading = None
            reading.ended.set()

    def _read_once(self) -> bool:
        """Read every file to its end; whether there was anything new."""
        self._find_files()
        is_new = False
        for segment in list(self._segments):
            while self._read_slice(segment):
                is_new = True
                time.sleep(PAUSE_S)
            self._sort(segment)
        return is_new

    def _read_slice(self, segment: Segment) -> bool:
        with self._lock:
            return segment.read_on()

    def _sort(self, segment: Segment) -> None:
        for of_kind in list(segment.kinds.values()):
            with self._lock:
                of_kind.tally.sort()

    def _find_files(self) -> None:
        """Take in files that are new, keep those that were renamed, and forget those that are gone."""
        with self._lock:
            known = {segment.key(): segment for segment in self._segments if not segment.was_cut()}
            opened = [Segment(descriptor) for descriptor in self._store.open_files()]
            self._segments = [known.get(segment.key(), segment) for segment in opened]


def _grouped(tallies: dict[Kind, list[Tally]], part: int) -> dict[str, dict[str, Any]]:
    """Summaries by component (part 0) or action (part 1), in the order of their names."""
    groups: dict[str, list[Tally]] = defaultdict(list)
    for kind, of_kind in tallies.items():
        groups[kind[part]].extend(of_kind)
    return {name: summary(groups[name]) for name in sorted(groups)}
