"""A small server that plays the product's part: answers webhooks with TwiML and takes media streams."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.waiting import auntil

DEADLINE_S = 5.0


@dataclass
class Webhook:
    """One form webhook as it arrived."""

    path: str
    url: str
    params: dict[str, str]
    signature: str
    at_s: float


@dataclass
class Socket:
    """One media stream as it arrived; `frames` are its messages with the time each was read."""

    url: str
    headers: dict[str, str]
    socket: web.WebSocketResponse
    frames: list[dict[str, Any]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    closed: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while this server does not read, and so does not answer a close either."""

    @property
    def stream_sid(self) -> str:
        return str(self.of("start")[0]["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        """The frames of one kind so far."""
        return [frame for frame in self.frames if frame["event"] == event]

    def inbound(self) -> bytes:
        """The caller's audio so far."""
        return b"".join(base64.b64decode(frame["media"]["payload"]) for frame in self.of("media"))

    async def play(self, audio: bytes) -> None:
        """Send audio to be played."""
        media = {"payload": base64.b64encode(audio).decode()}
        await self.send({"event": "media", "streamSid": self.stream_sid, "media": media})

    async def mark(self, name: str) -> None:
        await self.send({"event": "mark", "streamSid": self.stream_sid, "mark": {"name": name}})

    async def clear(self) -> None:
        await self.send({"event": "clear", "streamSid": self.stream_sid})

    async def send(self, message: object) -> None:
        await self.socket.send_str(json.dumps(message))


class Service:
    """Serves /voice, /status, /stream-status and /media on a free port of loopback."""

    def __init__(self) -> None:
        self.webhooks: list[Webhook] = []
        self.sockets: list[Socket] = []
        self.twiml: Callable[[Webhook], str] = lambda webhook: self.stream_twiml()
        self.handshake_status = 101
        self.handshake_delay_s = 0.0
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stream_twiml(self, after: str = "<Hangup/>") -> str:
        """Connects the call to /media, with a parameter and a status callback."""
        return (
            f'<Response><Connect><Stream url="ws://127.0.0.1:{self.port}/media" '
            f'statusCallback="{self.url}/stream-status"><Parameter name="token" value="t&amp;1"/>'
            f"</Stream></Connect>{after}</Response>"
        )

    def at(self, path: str) -> list[Webhook]:
        """Webhooks to `path` so far, in order."""
        return [webhook for webhook in self.webhooks if webhook.path == path]

    async def socket(self, number: int = 0) -> Socket:
        """The stream with this number, once its `start` has arrived."""
        await auntil(lambda: len(self.sockets) > number and bool(self.sockets[number].of("start")))
        return self.sockets[number]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.get("/media", self._media), web.route("*", "/{tail:.*}", self._webhook)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        for stream in self.sockets:
            stream.reading.set()
            await stream.socket.close()
        await self._runner.cleanup()

    async def _webhook(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        webhook = Webhook(request.path, str(request.url), form, signature, time.monotonic())
        self.webhooks.append(webhook)
        if request.path != "/voice":
            return web.Response(status=204)
        return web.Response(text=self.twiml(webhook), content_type="text/xml")

    async def _media(self, request: web.Request) -> web.StreamResponse:
        if self.handshake_status != 101:
            return web.Response(status=self.handshake_status)
        await asyncio.sleep(self.handshake_delay_s)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        stream = Socket(f"ws://127.0.0.1:{self.port}{request.path_qs}", headers, socket)
        stream.reading.set()
        self.sockets.append(stream)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                stream.frames.append(json.loads(message.data))
                stream.times_s.append(time.monotonic())
            await stream.reading.wait()
        stream.closed = True
        return socket
