"""What a request may send: Django itself writes a body of any size to disk before it asks who sent it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tasks_app.problems import CONTENT_TYPE, problem

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 1024 * 1024
BODY_WITHIN_S = 30.0


class BodyLimit:
    """Refuses bodies over MAX_BODY_BYTES (413), and those that are not there `within_s` after the head (408)."""

    def __init__(self, inner: Application, *, within_s: float = BODY_WITHIN_S) -> None:
        self._inner = inner
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        deadline = asyncio.get_running_loop().time() + self._within_s
        body = _Body(receive, deadline)
        try:
            if _announced_bytes(scope) > MAX_BODY_BYTES:
                raise _TooLarge
            await self._inner(scope, body.receive, send)
        except _TooLarge:
            detail = f"The body is larger than {MAX_BODY_BYTES // 1024} KiB."
            await _refuse(scope, send, 413, "content_too_large", detail, before_end=body.discard)
        except _TooSlow:
            detail = f"The body was not complete after {self._within_s:.0f} s."
            await _refuse(scope, send, 408, "request_timeout", detail)


class _TooLarge(Exception):
    pass


class _TooSlow(Exception):
    pass


class _Body:
    """Counts a body while the application reads it, which it does before it answers."""

    def __init__(self, receive: Receive, deadline: float) -> None:
        self._receive = receive
        self._deadline = deadline
        self._bytes = 0
        self._is_complete = False

    async def receive(self) -> Message:
        if self._is_complete:
            return await self._receive()  # lasts until the client leaves
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _TooSlow from None
        self._is_complete = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY_BYTES:
            raise _TooLarge
        return message

    async def discard(self) -> None:
        """Read the rest, or what comes of it in time: closed with data unread, the connection loses our answer."""
        while not self._is_complete:
            try:
                await self.receive()
            except _TooLarge:
                pass
            except _TooSlow:
                return


def _announced_bytes(scope: Scope) -> int:
    announced = dict(scope["headers"]).get(b"content-length", b"")
    return int(announced) if announced.isdigit() else 0


async def _nothing() -> None:
    pass


async def _refuse(
    scope: Scope,
    send: Send,
    status: int,
    code: str,
    detail: str,
    before_end: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Answer with a problem at once, then `before_end`, and close the connection."""
    body = json.dumps(problem(status=status, code=code, detail=detail, instance=scope["path"])).encode()
    headers = {"content-type": CONTENT_TYPE, "content-length": str(len(body)), "connection": "close"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await before_end()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
