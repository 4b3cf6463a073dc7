"""One socket of the simulated agent: the order of its messages, its time limits, its faults and its end.

Source: Deepgram "Voice Agent message flow" and "Errors and warnings". Every session ends with close code 1000,
errors too, so the Error message before it is what tells them apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import replace
from typing import Any, Literal

from aiohttp import WSMessage, WSMsgType, web

from simulator.config import SimulatorConfig
from simulator.deepgram.connection import client_gone, reset
from simulator.deepgram.faults import AgentFault, Event, FaultPlan
from simulator.deepgram.schema import UNPARSABLE, Problem
from simulator.deepgram.session import Session
from simulator.deepgram.settings import CLIENT_MESSAGE, AgentSettings, read_settings
from simulator.deepgram.wire import Wire
from simulator.room import Room
from simulator.speech import seed_for
from simulator.world import World

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 2**22
CLOSE_WAIT_S = 2.0
"""How long the closing handshake may take."""


class _SessionOver(Exception):
    """The server ends the session with an Error message."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class AgentSocket:
    """One connection, from Welcome to its end."""

    def __init__(
        self,
        request: web.Request,
        request_id: str,
        world: World,
        config: SimulatorConfig,
        faults: FaultPlan,
        fault: AgentFault | None,
    ) -> None:
        self._request = request
        # Pings and Close are answered here, because a fault may be that they are not.
        self._socket = web.WebSocketResponse(
            timeout=CLOSE_WAIT_S,
            compress=False,
            max_msg_size=MAX_MESSAGE_BYTES,
            autoping=False,
            autoclose=False,
        )
        self._wire = Wire(self._socket)
        self._request_id = request_id
        self._world = world
        self._config = config
        self._faults = faults
        self._fault = fault or AgentFault.model_construct()
        self._connected_ms = world.now_ms()
        # Until Settings name the call nothing is known of it, and without a name nothing is ever heard.
        self._room = Room("", world.now_ms)
        self._session: Session | None = None
        self._over: _SessionOver | None = None
        self._ended_by: Literal["agent", "client"] = "client"
        self._deaf = False
        self._black_hole = False
        self._trouble: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def run(self) -> web.WebSocketResponse:
        """Serve the socket until either side closes it."""
        await self._socket.prepare(self._request)
        limit = asyncio.create_task(self._limit_session())
        try:
            await self._wire.send("Welcome", request_id=self._request_id)
            if self._fault.error_before_settings is not None:
                raise _on_purpose(self._fault.error_before_settings)
            await self._read()
        except _SessionOver as over:
            await self._end(over)
        except Exception as error:
            await self._failed(error)
        finally:
            if self._closing is not None:
                await self._closing
            background = [task for task in (limit, self._trouble) if task is not None]
            for task in background:
                task.cancel()
            if self._session is not None:
                await self._session.end()
            await asyncio.gather(*background, return_exceptions=True)
            self._room.note(
                "agent_closed",
                code=self._socket.close_code,
                by=self._ended_by,
                error=self._over.code if self._over else None,
                sent_bytes=self._wire.sent_bytes,
            )
        return self._socket

    async def _read(self) -> None:
        heard_s = time.monotonic()
        while True:
            message = await self._next(heard_s)
            if message.type is WSMsgType.CLOSE:
                await self._answer_close()
                return
            if message.type is WSMsgType.PING:
                if not self._black_hole:
                    with contextlib.suppress(ConnectionError):
                        await self._socket.pong(message.data)
            elif message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                heard_s = time.monotonic()
                if not self._is_deaf():
                    await self._receive(message)
            elif message.type is not WSMsgType.PONG:
                return

    async def _next(self, heard_s: float) -> WSMessage:
        """The next frame; pings do not make a client that has sent nothing since `heard_s` less idle."""
        while True:
            left_s = heard_s + self._config.agent.idle_timeout_s - time.monotonic()
            try:
                return await self._socket.receive(timeout=None if self._is_deaf() else max(left_s, 0.001))
            except TimeoutError:
                if not self._is_deaf():
                    raise _SessionOver("CLIENT_MESSAGE_TIMEOUT", self._timeout_text()) from None

    def _is_deaf(self) -> bool:
        """Whether a fault keeps it from hearing, by now."""
        return self._deaf

    async def _answer_close(self) -> None:
        if self._black_hole or self._fault.never_close:
            self._wire.mute()
            await client_gone(self._request)
        # Not drained: the client may drop the connection as soon as it has its answer.
        await self._socket.close(drain=False)

    async def _receive(self, message: WSMessage) -> None:
        if message.type is WSMsgType.BINARY:
            await self._known_session().hear(message.data)
        else:
            await self._obey(_parsed(message.data))

    async def _obey(self, message: dict[str, Any]) -> None:
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
        self._fault = self._faults.take_for_call(settings.call_sid, self._room.to) or self._fault
        timings = self._config.agent
        if self._fault.slow_think_ms is not None:
            timings = replace(timings, slow_think_ms=self._fault.slow_think_ms)
        await asyncio.sleep(timings.settings_applied_ms / 1000)
        if self._fault.error_after_settings is not None:
            raise _on_purpose(self._fault.error_after_settings)
        seed = seed_for(self._config.seed, settings.call_sid or self._request_id, "agent", earlier)
        self._session = Session(self._wire, self._room, settings, timings, seed, self._failed)
        self._room.note("settings_applied", has_greeting=bool(settings.greeting))
        await self._wire.send("SettingsApplied")
        await self._session.begin()
        if self._fault.events:
            self._trouble = asyncio.create_task(self._go_wrong(self._session))

    async def _go_wrong(self, session: Session) -> None:
        applied_s = time.monotonic()
        for after_ms, event in self._fault.events:
            await asyncio.sleep(applied_s + after_ms / 1000 - time.monotonic())
            self._room.note("agent_fault", event=event)
            await self._strike(event, session)

    async def _strike(self, event: Event, session: Session) -> None:
        match event:
            case "error":
                await self._end(_on_purpose(self._fault.error or "INTERNAL_SERVER_ERROR"))
            case "close":
                await self._close()
            case "abort":
                self._ended_by = "agent"
                reset(self._request)
            case "stall" | "blackhole":
                self._deaf = True
                self._black_hole |= event == "blackhole"
                self._wire.mute()
                await session.end()
            case "stt_stall":
                session.stop_transcribing()

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
            await self._close()

    async def _close(self) -> None:
        self._ended_by = "agent"
        # In a task of its own: closing wakes the reader, whose end cancels whoever asked for the closing.
        self._closing = self._closing or asyncio.create_task(self._close_socket())
        await asyncio.shield(self._closing)

    async def _close_socket(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._socket.close(code=1000)


def _on_purpose(code: str) -> _SessionOver:
    return _SessionOver(code, "A fault that was asked for.")


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
