"""A process that is about to stop: what it still has to see through, and the end of what lasts too long.

Its calls are those whose audio it holds, and those that it has dialled and that nobody has answered yet.
"""

from __future__ import annotations

import asyncio
import uuid

from django.db import DatabaseError

from telephony import live, placing, selectors, services
from telephony.lifecycle import Event
from telephony.twilio.errors import TelephonyError
from telephony.writer import run_blocking


async def is_done() -> bool:
    """Whether no call needs this process any more."""
    return live.count() == 0 and not await _ringing()


async def end_all(timeout_s: float) -> None:
    """Hang up every call of this process, and wait up to `timeout_s` until all is written."""
    ringing = await _ringing()
    work = [asyncio.create_task(run_blocking(_give_up, call_id)) for call_id in ringing]
    await live.end_all(timeout_s)
    if work:
        await asyncio.wait(work, timeout=timeout_s)


async def _ringing() -> list[uuid.UUID]:
    if not (dialled := live.dialled_lately()):
        return []
    try:
        return await run_blocking(selectors.without_audio, dialled)
    except DatabaseError:  # whoever starts next will find them
        return []


def _give_up(call_id: uuid.UUID) -> None:
    services.call_advance(call_id=call_id, event=Event.END, reason="error.app_restart")
    if placing.hang_up(call_id):
        try:
            placing.reconcile(call_id)
        except TelephonyError:  # the sweeper of whoever starts next will ask
            return
