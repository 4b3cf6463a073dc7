"""Answers to POST /Calls that never arrive as they should."""

from __future__ import annotations

import asyncio

from aiohttp import web

from simulator.twilio.errors import TwilioError
from simulator.twilio.faults import CreateFault

_LOOK_S = 0.05


async def spoiled(request: web.Request, fault: CreateFault) -> web.Response:
    """The answer that `fault` makes of a creation. Raises TwilioError 20429, 20500."""
    match fault:
        case "429":
            raise TwilioError(20429, "Too Many Requests", 429)
        case "500_after":
            raise TwilioError(20500, "Internal Server Error", 500)
        case "garbage" | "garbage_after":
            return web.Response(status=201, text="<html>It works!</html>", content_type="text/html")
        case "hang_after":
            while request.transport is not None:  # noqa: ASYNC110 - nobody tells when the other side gives up
                await asyncio.sleep(_LOOK_S)
        case "drop_after":
            if request.transport is not None:
                request.transport.abort()
    return web.Response()  # nobody is there to read it
