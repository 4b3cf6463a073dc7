"""What this process knows of the events: one index, for everything that asks about them."""

from __future__ import annotations

from functools import lru_cache

from telemetry.index import EventIndex
from telemetry.record import event_store
from telemetry.store import LineFile


def index() -> EventIndex:
    """The events of this installation."""
    return _index_of(event_store())


@lru_cache(maxsize=1)
def _index_of(store: LineFile) -> EventIndex:
    return EventIndex(store)
