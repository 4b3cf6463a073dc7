"""The connection between the processes' buses: one guarded subscription of the channel layer in a process.

It lives in a daemon thread with an event loop of its own, so nothing that Redis does reaches the audio path or a
request. A server that is away, hung or restarted means `connected` is false and another attempt, with back-off.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from channels.layers import InMemoryChannelLayer, channel_layers
from django.core.serializers.json import DjangoJSONEncoder

from telemetry.record import count

logger = logging.getLogger(__name__)

GROUP = "telephony.bus"
LAYER_TIMEOUT_S = 0.5
BEAT_S = 2.0
BACK_OFF_S = (0.25, 0.5, 1.0, 2.0, 4.0)
QUEUE_SIZE = 1000
BATCH = 100
STALE_S = 5.0
"""A command that comes late is worse than one that is lost; events are caught up by polling."""


class Link:
    """Sends notes (JSON objects) to the other processes and gives theirs to `receive`, in a thread of its own."""

    def __init__(self, receive: Callable[[dict[str, Any]], None]) -> None:
        self.connected = False
        self._receive = receive
        self._identity = uuid.uuid4().hex
        self._outbox: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._worker: _Worker | None = None

    def send(self, note: dict[str, Any]) -> None:
        """Queue a note; never blocks. Where the layer cannot keep up the oldest are dropped and counted."""
        if not self.ensure_started():
            return
        text = json.dumps(note, cls=DjangoJSONEncoder)
        with self._lock:
            if len(self._outbox) >= QUEUE_SIZE:
                self._outbox.popleft()
                count("bus", "publish_dropped")
            self._outbox.append((time.monotonic(), text))
            if self._worker is not None:
                self._worker.loop.call_soon_threadsafe(self._worker.wake.set)

    def ensure_started(self) -> bool:
        """Start the thread. False where the configured layer stays inside one process."""
        if self._thread is not None:
            return True
        if isinstance(channel_layers["default"], InMemoryChannelLayer):
            return False
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bus-link", daemon=True)
                self._thread.start()
                atexit.register(self.stop)
        return True

    def stop(self) -> None:
        """End the thread, waiting up to 2 s for it; the next use starts another."""
        atexit.unregister(self.stop)
        with self._lock:
            thread, self._thread = self._thread, None
            if self._worker is not None:
                self._worker.loop.call_soon_threadsafe(self._worker.main.cancel)
        if thread is not None:
            thread.join(timeout=2.0)

    def take_batch(self) -> list[str]:
        """The next notes to send, oldest first, without those that waited too long."""
        oldest = time.monotonic() - STALE_S
        batch: list[str] = []
        with self._lock:
            while self._outbox and len(batch) < BATCH:
                queued_at, text = self._outbox.popleft()
                if queued_at >= oldest:
                    batch.append(text)
                else:
                    count("bus", "publish_dropped")
        return batch

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._work())

    async def _work(self) -> None:
        main = asyncio.current_task()
        assert main is not None
        worker = _Worker(self, main, self._identity, self._receive)
        with self._lock:
            if self._thread is not threading.current_thread():
                return  # stopped before it began
            self._worker = worker
        try:
            await worker.run()
        finally:
            with self._lock:
                if self._worker is worker:
                    self._worker = None


class _Worker:
    """The link's side inside its event loop."""

    def __init__(
        self, link: Link, main: asyncio.Task[Any], identity: str, receive: Callable[[dict[str, Any]], None]
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.main = main
        self.wake = asyncio.Event()
        self._echoed = asyncio.Event()
        self._link = link
        self._identity = identity
        self._receive = receive
        self._layer = channel_layers.make_backend("default")

    async def run(self) -> None:
        """Be connected for ever, or try to be."""
        failures = 0
        while True:
            try:
                await self._hold_connection()
            except Exception as error:
                if self._link.connected:
                    failures = 0
                    logger.warning("lost the channel layer (%s)", type(error).__name__)
                    count("bus", "connection_lost")
            finally:
                self._link.connected = False
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    async def _hold_connection(self) -> None:
        """Connect and work; raises what made it fail."""
        receiving = None
        works: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
            receiving = asyncio.create_task(self._receive_all(channel))
            works = [asyncio.create_task(self._beat(channel)), asyncio.create_task(self._send_all())]
            done, _ = await asyncio.wait([receiving, *works], return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            await _end(works)
            # Before the receiver ends, because a cancelled receive() talks to the server, which may be hung.
            await self._close_connections()
            if receiving is not None:
                await _end([receiving])

    async def _receive_all(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            if message["type"] == "bus.beat":
                self._echoed.set()
            elif message.get("sender") != self._identity:
                self._unpack(message)

    def _unpack(self, message: dict[str, Any]) -> None:
        try:
            for note in json.loads(message["notes"]):
                self._receive(note)
        except Exception:  # of another version, or a stranger on our Redis: not worth the connection
            count("bus", "unreadable_message")

    async def _beat(self, channel: str) -> None:
        """Prove, through the server and back, that messages arrive."""
        while True:
            self._echoed.clear()
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                # Again and again: memberships age, and end with a restarted server.
                await self._layer.group_add(GROUP, channel)
                await self._layer.send(channel, {"type": "bus.beat"})
                await self._echoed.wait()
            if not self._link.connected:
                self._link.connected = True
                logger.info("connected to the channel layer")
            await asyncio.sleep(BEAT_S)

    async def _send_all(self) -> None:
        while True:
            while notes := self._link.take_batch():
                message = {"type": "bus.notes", "sender": self._identity, "notes": f"[{','.join(notes)}]"}
                async with asyncio.timeout(LAYER_TIMEOUT_S):
                    await self._layer.group_send(GROUP, message)
            await self.wake.wait()
            self.wake.clear()

    async def _close_connections(self) -> None:
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                # RedisChannelLayer.flush() deletes everybody's messages; RedisPubSubChannelLayer has nothing else.
                close = getattr(self._layer, "close_pools", None) or self._layer.flush
                await close()
        except Exception:  # what is left of it cannot be trusted
            self._layer = channel_layers.make_backend("default")


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=LAYER_TIMEOUT_S)
