"""A WebSocket that is served by a task of its own, for as long as the client reads and there is something to say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError

from tasks_app.close_codes import CloseCode
from tasks_app.refusals import Refusal
from telephony.safe_logging import where

logger = logging.getLogger(__name__)

SIGN_IN = "Sign in, or send Authorization: Bearer <API key>."


class Closed(Exception):
    """The socket ends, with a close code and a sentence for the client."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ServingConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Runs `serve` in a task of its own. A subclass says in it what is told, by `say` and `say_bytes`."""

    channel_layer_alias = "none"  # whatever comes from other processes comes over the bus

    SEND_TIMEOUT_S = 10.0
    MAX_AGE_S = 12 * 3600.0
    RECHECK_S = 20.0
    """How often the key or the session that opened the socket is looked at again."""
    MAX_FAILED_RECHECKS = 6
    """So many in a row, and the socket ends: without a database nobody's key could be taken back."""

    async def serve(self, user: User) -> None:
        """Speak until there is no more to say.

        Raises:
            Closed: with the code and the sentence to close with; a `Refusal` closes with 4404.
        """
        raise NotImplementedError

    async def connect(self) -> None:
        """Accept first: a browser is not told the close code of a refused handshake."""
        await self.accept()
        self._serving = asyncio.create_task(self._serve())

    async def disconnect(self, code: int) -> None:
        """Stop at once."""
        self._serving.cancel()
        await asyncio.wait([self._serving])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Whatever a client says is ignored."""

    async def say(self, message: dict[str, Any]) -> None:
        """One JSON message. Raises Closed when the client does not read."""
        await self._send(text_data=json.dumps(message, cls=DjangoJSONEncoder))

    async def say_bytes(self, message: bytes) -> None:
        """One binary message. Raises Closed when the client does not read."""
        await self._send(bytes_data=message)

    async def _serve(self) -> None:
        try:
            await self._serve_until_closed()
        except Closed as closed:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(1.0):  # a client that does not read cannot be told either
                    await self.close(closed.code, closed.reason)
        except OSError:
            pass  # the client left; disconnect() follows
        except Exception as error:
            logger.error("%s failed: %s", type(self).__name__, where(error))
            with contextlib.suppress(OSError):
                await self.close(1011)

    async def _serve_until_closed(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            raise Closed(CloseCode.NOT_AUTHENTICATED, SIGN_IN)
        try:
            async with asyncio.timeout(self.MAX_AGE_S):
                await self._serve_while_allowed(user)
        except Refusal as refusal:
            raise Closed(CloseCode.NOT_FOUND, str(refusal)) from None
        except TimeoutError:
            raise Closed(CloseCode.OLD, "Open for twelve hours: connect again.") from None

    async def _serve_while_allowed(self, user: User) -> None:
        serving = asyncio.create_task(self.serve(user))
        try:
            await self._recheck_until_done(serving)
            await serving
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _recheck_until_done(self, serving: asyncio.Task[None]) -> None:
        failed = 0
        while not (await asyncio.wait([serving], timeout=self.RECHECK_S))[0]:
            try:
                if not await self.scope["still_allowed"]():
                    raise Closed(CloseCode.NOT_AUTHENTICATED, SIGN_IN)
                failed = 0
            except DatabaseError as error:  # of a moment: no reason to hang up a call
                failed += 1
                if failed == self.MAX_FAILED_RECHECKS:
                    raise
                logger.warning("%s cannot be rechecked: %s", type(self).__name__, where(error))

    async def _send(self, **message: Any) -> None:
        try:
            async with asyncio.timeout(self.SEND_TIMEOUT_S):
                await self.send(**message)
        except TimeoutError:
            raise Closed(CloseCode.TOO_SLOW, "The client reads too slowly: connect again.") from None
