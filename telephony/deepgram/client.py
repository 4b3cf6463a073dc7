"""One socket to the Deepgram Voice Agent, opened by its full URL.

The SDK's own agent client cannot be given another path, a shorter closing time or a frame size, offers compression for
audio that does not compress, and tries every message against all its models; the protocol is small.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from telemetry.record import count, timed_step
from telephony.base_urls import is_loopback
from telephony.deepgram.messages import AgentMessage, BadMessage, Other, parse

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 3
PING_INTERVAL_S = 2
PING_TIMEOUT_S = 3
CLOSE_TIMEOUT_S = 0.5
MAX_MESSAGE_BYTES = 1 << 20

_REFUSALS = {
    401: "Deepgram does not accept the key: check DEEPGRAM_API_KEY.",
    402: "Deepgram wants payment: the project has no credit left.",
    403: "Deepgram does not let this key use the Voice Agent.",
    404: "There is no voice agent at DEEPGRAM_VOICE_AGENT_WS_URL.",
    429: "Deepgram has too many connections open for this project.",
}


_PERMANENT = frozenset({400, 401, 402, 403, 404})


class AgentUnavailableError(Exception):
    """The agent cannot be reached; the text is for a person. `permanent`: trying again would not help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class AgentLink:
    """An open agent socket: iterate it for audio (bytes) and messages."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: dict[str, Any]) -> None:
        """Send a JSON message."""
        await self._socket.send(json.dumps(message))

    async def send_audio(self, mulaw: bytes) -> None:
        """Send audio of the person called."""
        await self._socket.send(mulaw)

    async def __aiter__(self) -> AsyncIterator[bytes | AgentMessage]:
        """What the server sends, until it closes for whatever reason."""
        try:
            async for frame in self._socket:
                if isinstance(frame, bytes):
                    yield frame
                    continue
                try:
                    message = parse(frame)
                except BadMessage as error:
                    count("deepgram", "bad_message")
                    logger.warning("the voice agent sent a message that cannot be read: %s", error)
                    continue
                if isinstance(message, Other):
                    count("deepgram", f"ignored_{message.type[:40]}")
                yield message
        except ConnectionClosed:
            return

    @property
    def was_closed(self) -> bool:
        """Whether the server has said goodbye; otherwise nobody knows since when it was gone (RFC 6455, 1006)."""
        return self._socket.close_code not in {None, 1006}

    @property
    def close_detail(self) -> str:
        """How the socket was closed, in words."""
        code = self._socket.close_code
        if not self.was_closed:
            return "the connection to the voice agent broke"
        return f"the voice agent closed the connection ({code} {self._socket.close_reason or ''})".replace(
            " )", ")"
        )


@asynccontextmanager
async def open_agent(url: str, *, api_key: str) -> AsyncIterator[AgentLink]:
    """Connect to the voice agent; leaving the block closes the socket within half a second.

    Raises:
        AgentUnavailableError: refused, unreachable or no answer within three seconds.
    """
    try:
        with timed_step("deepgram", "agent_connect"):
            socket = await connect(
                url,
                additional_headers={"Authorization": f"Token {api_key}"},
                proxy=None if is_loopback(url) else True,
                compression=None,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=MAX_MESSAGE_BYTES,
                max_queue=256,
            )
    except InvalidStatus as error:
        status = error.response.status_code
        text = _REFUSALS.get(status, f"Deepgram answered {status} to the connection.")
        raise AgentUnavailableError(text, permanent=status in _PERMANENT) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise AgentUnavailableError("Deepgram's voice agent cannot be reached.") from error
    try:
        yield AgentLink(socket)
    finally:
        await socket.close()
