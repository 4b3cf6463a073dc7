"""What one person may see of the events, counted once: the next question needs only what is new.

A person's tasks and calls are added to, and seldom taken away. When events that are counted already turn out to be
visible, or no longer, their view is counted anew.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from typing import Final
from weakref import WeakKeyDictionary

from telemetry.segment import Counted, Ids, Kind, Segment

SLICE_ROWS: Final = 100
"""Counted at once: about 0.3 ms of work, for which the interpreter is not shared."""

PAUSE_S: Final = 0.0001
"""After each slice, as the index's reader does."""

KEPT: Final = 64
"""Of so many people who asked last. About 50 bytes of memory a visible event."""

Visible = frozenset[str]
"""Ids of tasks and calls."""


class View:
    """The part of one segment that one person may see. Its users hold the index's lock."""

    def __init__(self, visible: Visible) -> None:
        self.kinds: dict[Kind, Counted] = {}
        self.rows = array("I")
        self.end = 0
        """How many rows of the segment have been looked at."""
        self._visible = visible
        self._shown = bytearray()
        """Whether it is visible, of each pair of ids in the segment's order."""

    def show(self, segment: Segment, visible: Visible) -> bool:
        """Go on with these ids; False when something was counted otherwise, and all must be counted anew."""
        if visible != self._visible:
            self._visible = visible
            before, self._shown = self._shown, bytearray()
            self._look_at_ids(segment)
            return self._shown.startswith(before)
        return True

    def count_on(self, segment: Segment, end: int) -> bool:
        """Count the next slice before row `end`; False when there is none."""
        if self.end >= end:
            return False
        self._look_at_ids(segment)
        rows = range(self.end, min(end, self.end + SLICE_ROWS))
        for row in rows:
            number = segment.ids_number(row)
            if number is not None and self._shown[number]:
                self._add(segment, row)
        self.end = rows.stop
        return True

    def _add(self, segment: Segment, row: int) -> None:
        kind = segment.kind(row)
        counted = self.kinds.get(kind)
        if counted is None:
            counted = self.kinds[kind] = Counted()
        self.rows.append(row)
        segment.count_into(counted, row)

    def _look_at_ids(self, segment: Segment) -> None:
        new = islice(segment.rows_by_ids, len(self._shown), None)
        self._shown.extend(is_visible(ids, self._visible) for ids in new)


class Views:
    """The views of everybody who asked lately, for any number of threads."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        """The index's."""
        self._views: OrderedDict[int, WeakKeyDictionary[Segment, View]] = OrderedDict()
        self._at_work: dict[int, threading.Event] = {}
        """By viewer; set when their views are counted."""

    def count_on(self, viewer: int, visible: Visible, segments: Sequence[Segment], timeout_s: float) -> bool:
        """Have everything counted that is known by now; whether that was done in time."""
        with self._lock:
            views = [(segment, self._shown(viewer, segment, visible), len(segment)) for segment in segments]
            at_work = self._at_work.get(viewer)
            if at_work is None:
                if sum(end - view.end for _, view, end in views) <= SLICE_ROWS:
                    for segment, view, end in views:
                        view.count_on(segment, end)
                    return True
                at_work = self._at_work[viewer] = threading.Event()
                threading.Thread(
                    target=self._count, args=(viewer, views, at_work), name="telemetry-view", daemon=True
                ).start()
        at_work.wait(timeout_s)
        with self._lock:
            return all(view.end >= end for _, view, end in views)

    def of(self, viewer: int, segment: Segment) -> View | None:
        """What is counted so far; None for a segment that came meanwhile. Under the lock."""
        views = self._views.get(viewer)
        return None if views is None else views.get(segment)

    def _shown(self, viewer: int, segment: Segment, visible: Visible) -> View:
        views = self._views.setdefault(viewer, WeakKeyDictionary())
        self._views.move_to_end(viewer)
        if len(self._views) > KEPT:
            self._views.popitem(last=False)
        view = views.get(segment)
        if view is None or not view.show(segment, visible):
            view = views[segment] = View(visible)
        return view

    def _count(self, viewer: int, views: list[tuple[Segment, View, int]], at_work: threading.Event) -> None:
        try:
            for segment, view, end in views:
                while self._slice_counted(segment, view, end):
                    time.sleep(PAUSE_S)
                for counted in list(view.kinds.values()):
                    with self._lock:
                        counted.tally.sort()
        finally:
            with self._lock:
                del self._at_work[viewer]
            at_work.set()

    def _slice_counted(self, segment: Segment, view: View, end: int) -> bool:
        with self._lock:
            return view.count_on(segment, end)


def is_visible(ids: Ids, visible: Visible) -> bool:
    """May events of this task and call be seen by whoever sees these?"""
    task_id, session_id = ids
    return task_id in visible or session_id in visible
