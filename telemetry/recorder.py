"""A bounded queue between those who record and the one thread that writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Final

from telemetry.lines import Counted, Digest, Happened, count_line
from telemetry.sampling import IDLE_S
from telemetry.store import LineFile

MAX_QUEUED: Final = 10_000
BATCH_S: Final = 0.2
"""How long the writer gathers after the first item, so that it wakes five times a second at most."""


@dataclass(frozen=True, slots=True)
class _Flush:
    done: Event = field(default_factory=Event)


class Recorder:
    """Takes items without waiting and without failing. A full queue drops what is new, and counts it.

    `store` and `every_n` (noisy events a line) are asked for at each batch, in the writer's thread; `observe` gets
    each batch there, written or not, and how many items were dropped since the one before.
    """

    def __init__(
        self,
        store: Callable[[], LineFile],
        every_n: Callable[[], int],
        *,
        observe: Callable[[list[Happened | Counted], int], None] = lambda items, dropped: None,
    ) -> None:
        self._store = store
        self._every_n = every_n
        self._observe = observe
        self.reset()

    def reset(self) -> None:
        """Begin anew, without a thread: in a forked child, what is queued is the parent's to write."""
        self._queue: SimpleQueue[Happened | Counted | _Flush] = SimpleQueue()
        self._thread: Thread | None = None
        self._lock = Lock()
        self._hurry = Event()
        self._dropped = self._untold = 0  # what no line, and what no counter, speaks of yet
        self.digest = Digest()

    def put(self, item: Happened | Counted) -> None:
        """Queue one item, or drop it."""
        if self._queue.qsize() >= MAX_QUEUED:
            self._drop(1)
            return
        self._queue.put(item)
        if self._thread is None:
            self._start()

    def flush(self, timeout_s: float) -> bool:
        """Write all that was recorded before, incomplete samples too. False when the time was not enough."""
        if self._thread is None:
            return self._queue.empty()
        flush = _Flush()
        self._queue.put(flush)
        self._hurry.set()
        return flush.done.wait(timeout_s)

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = Thread(target=self._run, name="telemetry", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is going down, or the system has no thread to give
                return
            self._thread = thread

    def _drop(self, n: int) -> None:
        with self._lock:
            self._dropped += n
            self._untold += n

    def _run(self) -> None:
        while True:
            batch = self._gather()
            self._write(batch)
            for item in batch:
                if isinstance(item, _Flush):
                    item.done.set()

    def _gather(self) -> list[Happened | Counted | _Flush]:
        """Wait for an item, then a little longer for more. Empty when it is time to look for idle samples."""
        try:
            batch = [self._queue.get(timeout=IDLE_S if self.digest.holds_samples else None)]
        except Empty:
            return []
        self._hurry.wait(BATCH_S)
        self._hurry.clear()
        try:
            while True:
                batch.append(self._queue.get_nowait())
        except Empty:
            return batch

    def _write(self, batch: list[Happened | Counted | _Flush]) -> None:
        items = [item for item in batch if not isinstance(item, _Flush)]
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        try:
            now = time.time()
            lines = self.digest.lines(items, every_n=self._every_n(), now=now)
            if len(items) < len(batch):
                lines += self.digest.rest()
            if dropped:
                lines.append(count_line(now, "telemetry", "dropped", n=dropped, ok=False))
            if lines:
                self._store().append(b"".join(lines))
        except Exception:  # a full disk, most likely; whatever it is, telemetry must not be what fails
            self._drop(len(items))
            with self._lock:
                self._dropped += dropped
        with self._lock:
            untold, self._untold = self._untold, 0
        with suppress(Exception):
            self._observe(items, untold)
