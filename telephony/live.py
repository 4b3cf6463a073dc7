"""The calls whose audio this process holds, and whether it still takes new ones."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import TYPE_CHECKING

from telemetry.metrics import LIVE_CALLS

if TYPE_CHECKING:
    from telephony.session import CallSession

_sessions: dict[uuid.UUID, CallSession] = {}
_dialled: deque[uuid.UUID] = deque(maxlen=1000)
_draining = False


def add(session: CallSession) -> None:
    """Register a session; it removes itself when it has ended."""
    _sessions[session.call_id] = session
    LIVE_CALLS.set(len(_sessions))


def remove(session: CallSession) -> None:
    """Forget a session that has ended."""
    if _sessions.get(session.call_id) is session:
        del _sessions[session.call_id]
        LIVE_CALLS.set(len(_sessions))


def get(call_id: uuid.UUID) -> CallSession | None:
    """The session that holds this call's audio in this process."""
    return _sessions.get(call_id)


def count() -> int:
    """How many calls this process holds."""
    return len(_sessions)


def dialled(call_id: uuid.UUID) -> None:
    """This process asks Twilio to dial a call."""
    _dialled.append(call_id)


def dialled_lately() -> list[uuid.UUID]:
    """The latest calls that this process has dialled; most will be over."""
    return list(_dialled)


def start_draining() -> None:
    """Take no new calls from now on; the present ones go on."""
    global _draining
    _draining = True


def is_draining() -> bool:
    """Whether this process is about to stop."""
    return _draining


async def end_all(timeout_s: float) -> None:
    """Hang up every call this process holds, and wait up to `timeout_s` until all is written."""
    sessions = list(_sessions.values())
    for session in sessions:
        session.end("error.app_restart", "This server was stopped during the call.")
    waits = [asyncio.create_task(session.wait_closed()) for session in sessions]
    if waits:
        _, late = await asyncio.wait(waits, timeout=timeout_s)
        for wait in late:
            wait.cancel()
