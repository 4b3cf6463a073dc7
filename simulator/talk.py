"""`WS /simulator/calls/<sid>/talk`: a person takes the phone that rings at the visitor's number.

Binary messages are mu-law 8 kHz, the microphone's in and the line's out. Text messages in are JSON: `{"text": ...}` is
spoken, `{"press": ...}` presses keys, `{"hang_up": true}` and leaving hang up.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from simulator.callee.visitor import Visitor
from simulator.twilio.exchange import Exchange

MAX_TEXT = 500
MAX_MESSAGE_BYTES = 65_536

NOT_UNDERSTOOD = "must be JSON: {text: 1 to 500 characters}, {press: keys} or {hang_up: true}"


def talk_routes(exchange: Exchange) -> list[web.AbstractRouteDef]:
    """The one route."""
    desk = _Desk(exchange)
    return [web.get("/simulator/calls/{call_sid}/talk", desk.talk)]


class _Desk:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def talk(self, request: web.Request) -> web.StreamResponse:
        """404 without such a call, 409 where no visitor is called, or somebody holds the phone, or it is over."""
        line = self._exchange.lines.get(request.match_info["call_sid"])
        if line is None:
            raise web.HTTPNotFound(text="no such call")
        visitor = line.callee
        if not isinstance(visitor, Visitor) or visitor.is_present or line.call.status.final:
            raise web.HTTPConflict(text="nobody can take this phone")
        socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_MESSAGE_BYTES, heartbeat=10)
        visitor.is_present = True
        try:
            await socket.prepare(request)
            listening = asyncio.create_task(_listen(visitor, socket))
            over = asyncio.create_task(_close_when_over(visitor, socket))
            try:
                await _speak(visitor, socket)
            finally:
                for task in (listening, over):
                    task.cancel()
                await asyncio.gather(listening, over, return_exceptions=True)
        finally:
            visitor.is_present = False
            line.hang_up("callee")
        return socket


async def _speak(visitor: Visitor, socket: web.WebSocketResponse) -> None:
    """Until the person leaves."""
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            visitor.take_sound(message.data)
        elif message.type is WSMsgType.TEXT and not await _obey(visitor, message.data):
            await socket.close(code=WSCloseCode.UNSUPPORTED_DATA, message=NOT_UNDERSTOOD.encode())


async def _obey(visitor: Visitor, text: str) -> bool:
    """Do what a text message says; False when it says nothing."""
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    match message:
        case {"text": str(words)} if 0 < len(words.strip()) <= MAX_TEXT:
            await visitor.take_text(words.strip())
        case {"press": str(keys)} if re.fullmatch(r"[0-9A-D#*]{1,32}", keys):
            visitor.take_keys(keys)
        case {"hang_up": True}:
            visitor.on_hang_up()
        case _:
            return False
    return True


async def _listen(visitor: Visitor, socket: web.WebSocketResponse) -> None:
    """Send what the line plays; a slow socket loses the oldest."""
    there = asyncio.Event()
    visitor.on_earpiece = there.set
    while True:
        await there.wait()
        there.clear()
        while visitor.earpiece:
            await socket.send_bytes(visitor.earpiece.popleft())


async def _close_when_over(visitor: Visitor, socket: web.WebSocketResponse) -> None:
    await visitor.over.wait()
    await socket.close(message=b"The call is over.")
