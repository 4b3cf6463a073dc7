"""Status callbacks: the news of one call, told in order to whoever subscribed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from simulator.twilio.calls import SimCall, rfc2822
from simulator.twilio.errors import TwilioError
from simulator.twilio.webhooks import Webhooks

log = logging.getLogger(__name__)


class CallNews:
    """Delivers the callbacks of a call and of its streams one after another; nothing ever waits for them."""

    def __init__(self, call: SimCall, webhooks: Webhooks) -> None:
        self._call = call
        self._webhooks = webhooks
        self._sequence = 0
        self._queue: asyncio.Queue[tuple[str, str, dict[str, str]] | None] = asyncio.Queue()

    def tell(self, event: str, status: str) -> None:
        """Report `event` (initiated, ringing, answered, completed), if it was subscribed to."""
        request = self._call.request
        if not request.status_callback or event not in request.status_callback_events:
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
        self.send(request.status_callback, request.status_callback_method, params)

    def send(self, url: str, method: str, params: Mapping[str, str]) -> None:
        """Queue any notification behind those already queued."""
        self._queue.put_nowait((url, method, dict(params)))

    def finish(self) -> None:
        """No more will come: `deliver` returns when all are out."""
        self._queue.put_nowait(None)

    async def deliver(self) -> None:
        """Deliver until finished. A failure is a warning only (15003), as it is with Twilio."""
        while (item := await self._queue.get()) is not None:
            try:
                reply = await self._webhooks.send(*item)
            except TwilioError as error:
                log.warning("call %s: 15003 status callback failed: %s", self._call.sid, error.message)
            else:
                if reply.status >= 400:
                    log.warning("call %s: 15003 status callback answered %s", self._call.sid, reply.status)
