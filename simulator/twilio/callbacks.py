"""Status callbacks: the news of one call, told in order to whoever subscribed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.twilio.calls import SimCall, rfc2822
from simulator.twilio.errors import TwilioError
from simulator.twilio.faults import CallbackFaults
from simulator.twilio.webhooks import Webhooks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Notice:
    event: str
    url: str
    method: str
    params: dict[str, str]
    due_s: float
    """On the event loop's clock."""


class CallNews:
    """Delivers the callbacks of a call and of its streams one after another; nothing ever waits for them."""

    def __init__(self, call: SimCall, webhooks: Webhooks, faults: CallbackFaults) -> None:
        self._call = call
        self._webhooks = webhooks
        self._faults = faults
        self._sequence = 0
        self._queue: asyncio.Queue[_Notice | None] = asyncio.Queue()
        self._rang = asyncio.Event()

    def tell(self, event: str, status: str) -> None:
        """Report `event` (initiated, ringing, answered, completed), if it was subscribed to."""
        request = self._call.request
        if not request.status_callback or event not in request.status_callback_events:
            self._note_ringing(event)
            return
        params = self._call.webhook_params() | {
            "CallStatus": status,
            "Timestamp": rfc2822(datetime.now(UTC)) or "",
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
        }
        if event == "completed":
            params["CallDuration"] = str(self._call.duration_s)
            params["Duration"] = str(self._call.duration_min)
            if self._call.sip_code:
                params["SipResponseCode"] = str(self._call.sip_code)
        self._sequence += 1
        self.send(event, request.status_callback, request.status_callback_method, params)

    def send(self, event: str, url: str, method: str, params: Mapping[str, str]) -> None:
        """Queue any notification behind those already queued."""
        if event in self._faults.drop:
            self._note_ringing(event)
            return
        due_s = asyncio.get_running_loop().time() + self._faults.delay_ms / 1000
        self._queue.put_nowait(_Notice(event, url, method, dict(params), due_s))

    async def told_of_ringing(self) -> None:
        """Wait until the news that it rings, or that it never will, has been delivered."""
        await self._rang.wait()

    def finish(self) -> None:
        """No more will come: `deliver` returns when all are out."""
        self._queue.put_nowait(None)

    async def deliver(self) -> None:
        """Deliver until finished."""
        overtaken: _Notice | None = None
        while (notice := await self._queue.get()) is not None:
            if self._faults.shuffle and overtaken is None:
                overtaken = notice
                continue
            await self._deliver(notice)
            if overtaken is not None:
                await self._deliver(overtaken)
                overtaken = None
        if overtaken is not None:
            await self._deliver(overtaken)

    async def _deliver(self, notice: _Notice) -> None:
        await asyncio.sleep(notice.due_s - asyncio.get_running_loop().time())
        for _ in range(2 if self._faults.duplicate else 1):
            await self._post(notice)
        self._note_ringing(notice.event)

    async def _post(self, notice: _Notice) -> None:
        """A failure is a warning only (15003), as it is with Twilio."""
        try:
            reply = await self._webhooks.send(notice.url, notice.method, notice.params)
        except TwilioError as error:
            logger.warning("call %s: 15003 status callback failed: %s", self._call.sid, error.message)
        else:
            if reply.status >= 400:
                logger.warning("call %s: 15003 status callback answered %s", self._call.sid, reply.status)

    def _note_ringing(self, event: str) -> None:
        if event in ("ringing", "completed"):
            self._rang.set()
