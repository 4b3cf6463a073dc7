"""A session's way to the database and the disk: own threads, so that no audio frame ever waits for either."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction

from telemetry.record import count, timed_step
from telephony import services
from telephony.events import NewEvent, TurnState
from telephony.lifecycle import Event
from telephony.safe_logging import where

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

MAX_WAITING = 10_000
"""Entries kept while the database is away; beyond it the oldest are dropped."""

HEARTBEAT_S = 10.0
"""How often the lease is renewed when there is nothing to write."""

_RETRY_S = (0.2, 0.5, 1.0, 2.0)

GIVE_UP_S = 600.0
"""How long after its end a call's entries wait for a database that is away, or for room on its disk."""

_requests = ThreadPoolExecutor(max_workers=16, thread_name_prefix="twilio")


class SessionWriter:
    """Writes the events and turns of one call in order, several at a time, and keeps its lease alive."""

    def __init__(self, call_id: uuid.UUID, fence: int, *, on_stale: Callable[[], None]) -> None:
        self._call_id = call_id
        self._fence = fence
        self._on_stale = on_stale
        self._waiting: list[NewEvent | TurnState] = []
        self._end: tuple[str, str] | None = None
        self._filled = asyncio.Event()
        self._closing = False
        self._give_up_s = math.inf
        self._stale = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="call-writer")

    def add(self, entry: NewEvent | TurnState) -> None:
        """Write an event or a turn soon."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.pop(0)
            count("telephony", "entry_dropped")
        self._waiting.append(entry)
        self._filled.set()

    async def end_call(self, reason: str, detail: str) -> None:
        """Advance the call to its end: now, or when the database is back. Nothing that waits is kept for longer."""
        try:
            await run_blocking(
                services.call_advance, call_id=self._call_id, event=Event.END, reason=reason, detail=detail
            )
        except (OperationalError, InterfaceError) as error:
            logger.error("call %s: its end cannot be written yet: %s", self._call_id, where(error))
            self._end = (reason, detail)
            self._filled.set()
        except Exception as error:  # the other steps are still to be done; the sweeper sees this one
            logger.error("call %s: its end was refused: %s", self._call_id, where(error))

    async def run_in_thread(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run blocking database work in this session's thread, behind what it is doing."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: _with_connection(function, *args, **kwargs)
        )

    async def run(self) -> None:
        """Write until `close` was called and everything is written, or the call has another owner."""
        attempt = 0
        while not self._stale and not (self._closing and not self._waiting and not self._end):
            with contextlib.suppress(TimeoutError):  # nothing to write: renew the lease
                await asyncio.wait_for(self._filled.wait(), HEARTBEAT_S)
            self._filled.clear()
            if await self._write():
                attempt = 0
                continue
            count("telephony", "write_put_off")
            if time.monotonic() >= self._give_up_s:
                count("telephony", "entries_lost", len(self._waiting))
                logger.error(
                    "call %s: the database is away; %d entries lost", self._call_id, len(self._waiting)
                )
                return
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            attempt += 1
            self._filled.set()

    def close(self) -> None:
        """Let `run` end when all is written."""
        self._closing = True
        self._give_up_s = time.monotonic() + GIVE_UP_S
        self._filled.set()

    def shut(self) -> None:
        """Give the thread back, after `run` has ended."""
        self._thread.submit(connections.close_all)
        self._thread.shutdown(wait=False)

    async def _write(self) -> bool:
        entries, self._waiting = self._waiting, []
        left = await self._store(entries)
        self._waiting = left + self._waiting
        if left or self._end is None or self._stale:
            return not left
        return await self._store_end(*self._end)

    async def _store_end(self, reason: str, detail: str) -> bool:
        try:
            await self.run_in_thread(_end_owned_call, self._call_id, self._fence, reason, detail)
        except services.StaleOwnerError:
            self._stale = True
        except (OperationalError, InterfaceError):
            return False
        except Exception as error:
            logger.error("call %s: its end was refused: %s", self._call_id, where(error))
        self._end = None
        return True

    async def _store(self, entries: list[NewEvent | TurnState]) -> list[NewEvent | TurnState]:
        """Write entries in order; returns those that are to be tried again, since the database is away."""
        try:
            with timed_step("telephony", "session_write", session_id=str(self._call_id)):
                await self.run_in_thread(
                    services.session_write, call_id=self._call_id, fence=self._fence, entries=entries
                )
        except services.StaleOwnerError:
            self._stale = True
            self._on_stale()
        except (OperationalError, InterfaceError):
            return entries
        except Exception as error:  # something in an entry: the others shall not suffer for it
            if len(entries) > 1:
                half = len(entries) // 2
                return [*await self._store(entries[:half]), *await self._store(entries[half:])]
            count("telephony", "entry_refused")
            logger.error("call %s: an entry was refused: %s", self._call_id, where(error))
        return []


@transaction.atomic
def _end_owned_call(call_id: uuid.UUID, fence: int, reason: str, detail: str) -> None:
    services.session_write(call_id=call_id, fence=fence)
    services.call_advance(call_id=call_id, event=Event.END, reason=reason, detail=detail)


async def run_blocking(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking work, as a request to Twilio is, in a thread that nothing else of a call waits for."""
    return await asyncio.get_running_loop().run_in_executor(
        _requests, lambda: _with_connection(function, *args, **kwargs)
    )


def _with_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
