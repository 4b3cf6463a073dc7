"""Notes about live calls: at once inside this process, and to the others by the channel layer.

A note never carries what happened, only that events exist up to a number; whoever shows them reads the database.
So a note that is lost costs time, never truth. Commands to a live call travel the same way; stopping one does not
depend on it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from telemetry.record import count
from telephony.bus_link import Link
from telephony.safe_logging import where

logger = logging.getLogger(__name__)

QUEUE_SIZE = 256
SOUND_QUEUE_SIZE = 120
"""Pieces of sound that wait for a listener: about 3 s of both sides."""

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """`events`: there are some up to `seq`. `passing`: one that is not stored. `command`: for the call's session.
    `sound`: what is heard in the call, for those who listen in.
    """

    kind: Literal["events", "passing", "command", "sound"]
    call_id: uuid.UUID
    task_id: uuid.UUID | None = None
    seq: int = 0
    payload: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As it travels between processes."""
        return {
            "kind": self.kind,
            "call_id": str(self.call_id),
            "task_id": self.task_id and str(self.task_id),
            "seq": self.seq,
            "payload": self.payload,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Note:
        """Read `to_json`'s form. Raises KeyError, TypeError or ValueError when it is something else."""
        if data["kind"] not in ("events", "passing", "command", "sound"):
            raise ValueError(data["kind"])
        task_id = data["task_id"]
        return cls(
            kind=data["kind"],
            call_id=uuid.UUID(data["call_id"]),
            task_id=uuid.UUID(task_id) if task_id else None,
            seq=int(data["seq"]),
            payload=data["payload"],
        )


class Subscription:
    """An endless async iterator of notes. When its reader is slow the oldest is dropped.

    Then `overflowed` is set, and `dropped` counts them.
    """

    def __init__(self, size: int = QUEUE_SIZE) -> None:
        self.overflowed = False
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Note] = asyncio.Queue(size)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Note:
        return await self._queue.get()

    def offer(self, note: Note) -> None:
        """Hand over a note, from any thread. Raises RuntimeError when the reader's loop is closed."""
        self._loop.call_soon_threadsafe(self._put, note)

    def _put(self, note: Note) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.overflowed = True
            self.dropped += 1
        self._queue.put_nowait(note)


@dataclass(frozen=True, slots=True, eq=False)
class _CommandHandler:
    loop: asyncio.AbstractEventLoop
    callback: Callable[[Command], None]

    def offer(self, note: Note) -> None:
        self.loop.call_soon_threadsafe(self.callback, note.payload or {})


L = TypeVar("L")


class _Bus:
    """What this process listens to. One instance; a forked child begins with a new one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.subscriptions: dict[uuid.UUID, set[Subscription]] = {}
        self.listeners: dict[uuid.UUID, set[Subscription]] = {}
        self.handlers: dict[uuid.UUID, set[_CommandHandler]] = {}
        self.link = Link(receive=lambda data: self.deliver(Note.from_json(data)))

    @contextmanager
    def listening(self, listeners: dict[uuid.UUID, set[L]], topic: uuid.UUID, listener: L) -> Iterator[None]:
        """Keep `listener` among those of `topic` while the context is open."""
        with self.lock:
            listeners.setdefault(topic, set()).add(listener)
        try:
            yield
        finally:
            with self.lock:
                listeners[topic].discard(listener)
                if not listeners[topic]:
                    del listeners[topic]

    def publish(self, note: Note, *, far: bool = True) -> None:
        """Deliver here and, with `far`, send to the other processes. Never blocks, never raises."""
        try:
            self.deliver(note)
            if far:
                self.link.send(note.to_json())
        except Exception as error:
            logger.error("a note of call %s was lost: %s", note.call_id, where(error))
            count("bus", "publish_failed")

    def deliver(self, note: Note) -> None:
        """Hand `note` to the listeners in this process."""
        listeners: list[Subscription | _CommandHandler] = []
        with self.lock:
            if note.kind == "command":
                listeners += self.handlers.get(note.call_id, ())
            elif note.kind == "sound":
                listeners += self.listeners.get(note.call_id, ())
            else:
                listeners += self.subscriptions.get(note.call_id, ())
                if note.task_id is not None:
                    listeners += self.subscriptions.get(note.task_id, ())
        for listener in listeners:
            try:
                listener.offer(note)
            except RuntimeError:  # its event loop is closed: the listener is gone
                count("bus", "listener_gone")


_bus = _Bus()


def _begin_anew() -> None:
    global _bus
    _bus = _Bus()


os.register_at_fork(after_in_child=_begin_anew)


def publish_events(call_id: uuid.UUID, task_id: uuid.UUID, seq: int) -> None:
    """Say that the call has events up to `seq`; for after the commit, from any thread."""
    _bus.publish(Note("events", call_id, task_id, seq=seq))


def publish_passing(call_id: uuid.UUID, task_id: uuid.UUID, event: dict[str, Any]) -> None:
    """Show `event` (`type`, `data`) to whoever watches now. It is not stored, so it may be lost."""
    _bus.publish(Note("passing", call_id, task_id, payload=event))


def publish_command(call_id: uuid.UUID, command: Command) -> None:
    """Send `command` (it has a `type`) to the session that holds the call, wherever it is. It may be lost."""
    _bus.publish(Note("command", call_id, payload=command))


def publish_sound(call_id: uuid.UUID, piece: dict[str, Any], *, far: bool) -> None:
    """Let those who listen in hear `piece`; with `far`, those in other processes too."""
    _bus.publish(Note("sound", call_id, payload=piece), far=far)


def watch(call_id: uuid.UUID) -> None:
    """Tell the session that somebody watches. Repeated every 5 s by each open feed."""
    publish_command(call_id, {"type": "watch"})


def want_sound(call_id: uuid.UUID, *, far: bool) -> None:
    """Tell the session that somebody listens; `far`: not in its process. Repeated every 5 s by each listener."""
    publish_command(call_id, {"type": "listen", "far": far})


@asynccontextmanager
async def subscribe(
    *, call_id: uuid.UUID | None = None, task_id: uuid.UUID | None = None
) -> AsyncIterator[Subscription]:
    """Listen to one call, or to every call of one task, while the context is open."""
    topic = call_id or task_id
    if topic is None:
        raise ValueError("subscribe() needs a call_id or a task_id")
    bus, subscription = _bus, Subscription()
    bus.link.ensure_started()
    with bus.listening(bus.subscriptions, topic, subscription):
        yield subscription


@asynccontextmanager
async def listen(call_id: uuid.UUID) -> AsyncIterator[Subscription]:
    """Hear one call's sound while the context is open, as far as `want_sound` keeps it coming."""
    bus, subscription = _bus, Subscription(SOUND_QUEUE_SIZE)
    bus.link.ensure_started()
    with bus.listening(bus.listeners, call_id, subscription):
        yield subscription


@contextmanager
def on_command(call_id: uuid.UUID, callback: Callable[[Command], None]) -> Iterator[None]:
    """Call `callback`, in the running event loop, with each command to the call while the context is open."""
    bus, handler = _bus, _CommandHandler(asyncio.get_running_loop(), callback)
    bus.link.ensure_started()
    with bus.listening(bus.handlers, call_id, handler):
        yield


def is_connected() -> bool:
    """Whether notes of other processes arrive now. False without Redis: then feeds look at the database themselves."""
    _bus.link.ensure_started()
    return _bus.link.connected


def close() -> None:
    """End the connection to the other processes; the next use opens it again. Waits up to 2 s."""
    _bus.link.stop()
