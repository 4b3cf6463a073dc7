"""A browser as the phone that rings: its microphone and keyboard, passed on to the simulator's visitor.

The call itself goes its usual way: the simulator's Twilio calls this product, which holds the call as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tasks_app.close_codes import CloseCode
from tasks_app.feed_target import call_named
from tasks_app.serving import Closed, ServingConsumer

VISITOR_NUMBER = "+12025550198"
"""A call to this number is answered by whoever talks from a browser."""

CONNECT_TIMEOUT_S = 5.0
PLACING_TIMEOUT_S = 10.0
LOOK_S = 0.2
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_UNSUPPORTED = 1003


class TalkConsumer(ServingConsumer):
    """Binary messages are mu-law 8 kHz, the microphone's in and the line's out; text messages in are JSON."""

    _phone: ClientConnection | None = None

    async def serve(self, user: User) -> None:
        """Until the call is over or the person leaves, which hangs up."""
        if not settings.SIMULATED:
            raise Closed(CloseCode.NOT_HERE, "Calls go to real telephones here: there is nobody to be.")
        if not self._is_secure():
            raise Closed(
                CloseCode.NOT_HERE,
                "Only over https or on the machine itself: elsewhere browsers keep the microphone.",
            )
        call_sid = await self._call_sid(user, self.scope["url_route"]["kwargs"]["name"])
        base = settings.TWILIO_API_BASE_URL.rstrip("/").replace("http", "ws", 1)
        try:
            async with connect(
                f"{base}/simulator/calls/{call_sid}/talk",
                compression=None,
                proxy=None,
                open_timeout=CONNECT_TIMEOUT_S,
                close_timeout=1,
            ) as self._phone:
                await self.say({"type": "ready", "encoding": "mulaw", "sample_rate": 8000})
                async for sound in self._phone:
                    if isinstance(sound, bytes):
                        await self.say_bytes(sound)
                raise Closed(CloseCode.OVER, "The call is over.")
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == _UNSUPPORTED:
                raise Closed(CloseCode.BAD_REQUEST, closed.rcvd.reason) from None
            raise Closed(CloseCode.AWAY, "The simulator is away.") from None
        except InvalidStatus as error:
            raise _refused(error.response.status_code) from None
        except (OSError, WebSocketException):
            raise Closed(CloseCode.AWAY, "The simulator is away.") from None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """What the person says goes on to the line; before it is answered it is lost, as on any phone."""
        message = bytes_data if text_data is None else text_data
        if self._phone is not None and message is not None:
            with contextlib.suppress(ConnectionClosed):  # `serve` notices, and says why
                await self._phone.send(message)

    def _is_secure(self) -> bool:
        headers = {name: value.decode("latin1") for name, value in self.scope["headers"]}
        if split_domain_port(headers.get(b"host", ""))[0] in _LOOPBACK or self.scope.get("scheme") == "wss":
            return True
        trusted = settings.SECURE_PROXY_SSL_HEADER
        return bool(trusted) and headers.get(b"x-forwarded-proto") == "https"

    async def _call_sid(self, user: User, name: uuid.UUID) -> str:
        """The call's name at Twilio, which a call that is being placed gets any moment."""
        for _ in range(round(PLACING_TIMEOUT_S / LOOK_S)):
            call = await database_sync_to_async(call_named)(user, name)
            if not call.is_live:
                raise Closed(CloseCode.OVER, "The call is over.")
            if call.call_sid:
                return str(call.call_sid)
            await asyncio.sleep(LOOK_S)
        raise Closed(CloseCode.AWAY, "The simulator has not confirmed the call.")


def _refused(status: int) -> Closed:
    if status == 409:
        return Closed(
            CloseCode.TAKEN,
            f"Nobody can take this phone: only calls to {VISITOR_NUMBER} ring here, and only once.",
        )
    return Closed(CloseCode.OVER, "The simulator does not know this call any more.")
