"""The TCP connection below a request: broken on purpose, or waited for until the client has left it."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

_LOOK_EVERY_S = 0.02
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST instead of FIN."""


def reset(request: web.Request) -> None:
    """Reset the connection: the client's next read or write fails."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


async def client_gone(request: web.Request) -> None:
    """Wait until the connection is closed. aiohttp tells a handler only by the transport that is missing then."""
    while request.transport is not None:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(_LOOK_EVERY_S)
