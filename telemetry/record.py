"""Record what happened and how long it took, from anywhere, for a few microseconds.

Nothing here waits and nothing here fails: what cannot be kept is dropped and counted. A thread in each process
writes to `DATA_ROOT/telemetry_events.jsonl`. Never pass phone numbers, transcripts, prompts or keys.
"""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

from django.conf import settings

from telemetry import metrics
from telemetry.lines import Counted, Happened
from telemetry.recorder import Recorder
from telemetry.store import LineFile

FILE_NAME: Final = "telemetry_events.jsonl"

_about: ContextVar[dict[str, str] | None] = ContextVar("telemetry_about", default=None)


def event_store() -> LineFile:
    """Where this installation's events are."""
    return LineFile(settings.DATA_ROOT / FILE_NAME)


_recorder: Final = Recorder(
    store=event_store,
    every_n=lambda: settings.LOG_NOISY_EVENTS_EVERY_N,
    observe=metrics.observe,
)


@contextmanager
def about(*, task_id: str, session_id: str) -> Iterator[None]:
    """Everything recorded inside, and in the asyncio tasks begun inside, is about this task and call."""
    token = _about.set({"task_id": task_id, "session_id": session_id})
    try:
        yield
    finally:
        _about.reset(token)


def event(
    component: str, action: str, *, ok: bool = True, duration_ms: float | None = None, **fields: Any
) -> None:
    """Record one event. `fields` are small JSON values; `task_id`, `session_id` and `error` have columns."""
    ids = _about.get()
    if ids is not None:
        fields = ids | fields
    _recorder.put(Happened(time.time(), component, action, ok, duration_ms, fields))


def count(component: str, action: str, n: int = 1) -> None:
    """Count something that needs no line of its own: all of a batch make one line with `count`."""
    _recorder.put(Counted(component, action, n))


class timed_step:
    """Record how long a block took, and whether it ended well, when it ends.

    An exception passes through, and is recorded by the name of its type alone: its text may quote anything. Set `ok`
    and `error` for a failure that raises nothing; change `action` and add to `fields` what is known only inside.
    """

    __slots__ = ("_component", "_started", "action", "error", "fields", "ok")

    def __init__(self, component: str, action: str, **fields: Any) -> None:
        self._component = component
        self.action = action
        self.fields = fields
        self.ok = True
        self.error: str | None = None

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        duration_ms = (time.perf_counter() - self._started) * 1000
        if kind is not None:
            self.ok = False
            self.error = self.error or kind.__name__
        if self.error is not None:
            self.fields["error"] = self.error
        event(self._component, self.action, ok=self.ok, duration_ms=duration_ms, **self.fields)


def totals() -> dict[tuple[str, str], int]:
    """How often each (component, action) was written, sampled or counted by this process since it began."""
    return dict(_recorder.digest.totals)


def flush(timeout_s: float = 1.0) -> bool:
    """Wait until everything recorded so far is in the file, or dropped. For the end of a process and for tests."""
    return _recorder.flush(timeout_s)


atexit.register(flush)
os.register_at_fork(after_in_child=_recorder.reset)
