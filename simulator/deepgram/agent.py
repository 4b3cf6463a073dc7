"""The socket of the simulated Deepgram Voice Agent: `GET /v1/agent/converse`.

Source: Deepgram "Voice Agent message flow" and "Errors and warnings". Every session ends with close code 1000,
errors too, so the Error message before it is what tells them apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from simulator.config import SimulatorConfig
from simulator.room import Room
from simulator.speech import seed_for
from simulator.world import World

from .schema import UNPARSABLE, Problem
from .session import Session
from .settings import CLIENT_MESSAGE, AgentSettings, read_settings
from .wire import Wire

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 2**22
CLOSE_WAIT_S = 2.0
"""How long the closing handshake may take."""


def authorized(request: web.Request, key: str) -> bool:
    """Whether the request carries `Authorization: Token <key>`; `Bearer` is for temporary tokens only."""
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Token {key}".encode())


async def converse(request: web.Request, world: World, config: SimulatorConfig) -> web.StreamResponse:
    """Serve one agent socket; 401 before the upgrade when the key is wrong."""
    request_id = str(uuid.uuid4())
    if not authorized(request, config.deepgram_api_key):
        refusal = {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials.", "request_id": request_id}
        return web.json_response(refusal, status=401)
    socket = web.WebSocketResponse(timeout=CLOSE_WAIT_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    await AgentSocket(socket, request_id, world, config).run()
    return socket


class _SessionOver(Exception):
    """The server ends the session with an Error message."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class AgentSocket:
    """One connection: its order of messages, its time limits and its end."""

    def __init__(
        self, socket: web.WebSocketResponse, request_id: str, world: World, config: SimulatorConfig
    ) -> None:
        self._socket = socket
        self._wire = Wire(socket)
        self._request_id = request_id
        self._world = world
        self._config = config
        self._connected_ms = world.now_ms()
        # Until Settings name the call nothing is known of it, and without a name nothing is ever heard.
        self._room = Room("", world.now_ms)
        self._session: Session | None = None
        self._over: _SessionOver | None = None

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        limit = asyncio.create_task(self._limit_session())
        try:
            await self._wire.send("Welcome", request_id=self._request_id)
            await self._read()
        except _SessionOver as over:
            await self._end(over)
        finally:
            limit.cancel()
            if self._session is not None:
                await self._session.end()
            await asyncio.gather(limit, return_exceptions=True)
            self._room.note(
                "agent_closed",
                code=self._socket.close_code,
                by="agent" if self._over else "client",
                error=self._over.code if self._over else None,
                sent_bytes=self._wire.sent_bytes,
            )

    async def _read(self) -> None:
        while True:
            try:
                message = await self._socket.receive(timeout=self._config.agent.idle_timeout_s)
            except TimeoutError:
                raise _SessionOver("CLIENT_MESSAGE_TIMEOUT", self._timeout_text()) from None
            if message.type is WSMsgType.BINARY:
                await self._known_session().hear(message.data)
            elif message.type is WSMsgType.TEXT:
                await self._receive(_parsed(message.data))
            else:
                return

    async def _receive(self, message: dict[str, Any]) -> None:
        problems = list(CLIENT_MESSAGE(message, "$"))
        is_settings = message.get("type") == "Settings"
        if problems:
            raise _refusal(problems, is_settings)
        if not is_settings:
            await self._known_session().handle(message)
        elif self._session is not None:
            raise _SessionOver("SETTINGS_ALREADY_APPLIED", "Settings have already been applied.")
        else:
            await self._apply(read_settings(message))

    async def _apply(self, settings: AgentSettings) -> None:
        if settings.call_sid is not None:
            self._room = self._world.room(settings.call_sid)
        earlier = sum(entry["kind"] == "agent_connected" for entry in self._room.timeline)
        self._room.note(
            "agent_connected", request_id=self._request_id, connected_at_ms=round(self._connected_ms, 3)
        )
        await asyncio.sleep(self._config.agent.settings_applied_ms / 1000)
        seed = seed_for(self._config.seed, settings.call_sid or self._request_id, "agent", earlier)
        self._session = Session(self._wire, self._room, settings, self._config.agent, seed, self._failed)
        self._room.note("settings_applied", has_greeting=bool(settings.greeting))
        await self._wire.send("SettingsApplied")
        await self._session.begin()

    def _known_session(self) -> Session:
        if self._session is None:
            raise _SessionOver(
                "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS", "We received a message before the 'Settings' message."
            )
        return self._session

    def _timeout_text(self) -> str:
        need = (
            "Please ensure that you're sending binary messages containing user speech."
            if self._session
            else "Please send a 'Settings' message at the beginning of the session."
        )
        return f"We waited too long for a websocket message. {need}"

    async def _limit_session(self) -> None:
        limit_s = self._config.agent.session_limit_s
        await asyncio.sleep(limit_s * 115 / 120)
        await self._wire.send(
            "Warning", code="MAXIMUM_SESSION_LENGTH_APPROACHING", description="The session is about to end."
        )
        await asyncio.sleep(limit_s * 5 / 120)
        await self._end(_SessionOver("MAXIMUM_SESSION_LENGTH_REACHED", "The session is too long."))

    async def _failed(self, error: Exception) -> None:
        # Only the kind of error is logged: its message might hold words of the call.
        logger.error("the simulated agent failed: %s", type(error).__name__)
        await self._end(_SessionOver("INTERNAL_SERVER_ERROR", "The agent failed."))

    async def _end(self, over: _SessionOver) -> None:
        if self._over is None:
            self._over = over
            await self._wire.send("Error", code=over.code, description=over.description)
            with contextlib.suppress(ConnectionError):
                await self._socket.close(code=1000)


def _parsed(data: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        message = json.loads(data)
        if isinstance(message, dict):
            return message
    raise _SessionOver(UNPARSABLE, "Text message received from client is not a JSON object.")


def _refusal(problems: list[Problem], is_settings: bool) -> _SessionOver:
    """The error for a message: structure goes before values, and only Settings have codes for bad values."""
    worst = next((problem for problem in problems if problem.code == UNPARSABLE), problems[0])
    code = worst.code if is_settings else UNPARSABLE
    if code != UNPARSABLE:
        return _SessionOver(code, str(worst))
    text = "Text message received from client did not match any of the formats we expect."
    return _SessionOver(code, f"{text} ({worst})")
