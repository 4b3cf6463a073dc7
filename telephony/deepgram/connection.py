"""The agent of one call across its connections: a lost one is followed by another for as long as the rules allow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from django.conf import settings

from telephony.deepgram.client import AgentLink, AgentUnavailableError, open_agent
from telephony.deepgram.messages import AgentMessage
from telephony.mulaw import BYTES_PER_MS
from telephony.outbox import Outbox

WELCOME_TIMEOUT_S = 1.5
"""Deepgram says Welcome at once; a connection without it is of no use."""

MAX_WAITING_BYTES = 5_000 * BYTES_PER_MS
"""Caller audio that a slow socket may have waiting: 5 s; beyond it the oldest is dropped."""


class AgentConnection:
    """Hands over everything the agent sends, and says when it is gone.

    `lost` is told why, whether another connection would fare no better, and whether this one may have been dead for a
    while; it returns the seconds to wait before the next one, or None when there shall be none.
    """

    def __init__(
        self,
        *,
        received: Callable[[bytes | AgentMessage], None],
        lost: Callable[[str, bool, bool], float | None],
    ) -> None:
        self._received = received
        self._lost = lost
        self._outbox: Outbox[dict[str, Any]] = Outbox(max_audio_bytes=MAX_WAITING_BYTES)
        self._dropping = asyncio.Event()

    def send(self, item: bytes | dict[str, Any]) -> None:
        """Queue audio or a message."""
        self._outbox.put(item)

    def drop(self) -> None:
        """Give the present connection up."""
        self._dropping.set()

    async def run(self) -> None:
        """Connect, and connect again, until `lost` says that it is enough."""
        while True:
            self._dropping.clear()
            self._outbox.discard()
            wait_s = self._lost(*await self._converse())
            if wait_s is None:
                return
            await asyncio.sleep(wait_s)

    async def _converse(self) -> tuple[str, bool, bool]:
        """One connection from its start to its end, as `lost` is told of it."""
        try:
            async with open_agent(
                settings.DEEPGRAM_VOICE_AGENT_WS_URL, api_key=settings.DEEPGRAM_API_KEY
            ) as link:
                work = [
                    asyncio.create_task(job)
                    for job in (self._read(link), self._write(link), self._dropping.wait())
                ]
                try:
                    await asyncio.wait(work[:1] + work[2:], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in work:
                        task.cancel()
                    await asyncio.gather(*work, return_exceptions=True)
                return link.close_detail, False, not link.was_closed
        except AgentUnavailableError as error:
            return str(error), error.permanent, False

    async def _read(self, link: AgentLink) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WELCOME_TIMEOUT_S) as patience:
                async for message in link:
                    patience.reschedule(None)
                    self._received(message)

    async def _write(self, link: AgentLink) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                for item in await self._outbox.take():
                    if isinstance(item, bytes):
                        await link.send_audio(item)
                    else:
                        await link.send(item)
