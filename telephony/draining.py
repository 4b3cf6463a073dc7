"""A process that is about to stop: what it still has to see through, and the end of what lasts too long.

Its calls are those whose audio it holds, and those that it has dialled and that nobody has answered yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid

from django.db import DatabaseError

from telephony import live, placing, selectors, services
from telephony.lifecycle import Event
from telephony.safe_logging import where
from telephony.twilio.errors import TelephonyError
from telephony.writer import run_blocking

logger = logging.getLogger(__name__)

DATABASE_TIMEOUT_S = 1.0
"""A database that hangs must not keep the server from stopping."""


async def is_done() -> bool:
    """Whether no call needs this process any more."""
    return live.count() == 0 and not await _ringing()


async def end_all(timeout_s: float) -> None:
    """Hang up every call of this process, and wait up to `timeout_s` until all is written."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            ringing = [run_blocking(_give_up, call_id) for call_id in await _ringing()]
            await asyncio.gather(live.end_all(timeout_s), *ringing)


async def _ringing() -> list[uuid.UUID]:
    if not (dialled := live.dialled_lately()):
        return []
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            return await run_blocking(selectors.without_audio, dialled)
    except Exception as error:  # whatever it is: the server must stop, and the next one will find them
        logger.warning("the calls that ring cannot be looked up: %s", where(error))
        return []


def _give_up(call_id: uuid.UUID) -> None:
    try:
        services.call_advance(call_id=call_id, event=Event.END, reason="error.app_restart")
        if placing.hang_up(call_id):
            placing.reconcile(call_id)
    except (TelephonyError, DatabaseError) as error:  # the sweeper of whoever starts next will ask
        logger.warning("call %s could not be given up: %s", call_id, where(error))
