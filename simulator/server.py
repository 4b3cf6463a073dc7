"""The simulator: one process, one port, all the providers."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

import simulator.deepgram
import simulator.llm
from simulator import control
from simulator.callee.directory import Directory
from simulator.config import SimulatorConfig
from simulator.talk import talk_routes
from simulator.twilio import rest
from simulator.twilio.exchange import Exchange
from simulator.world import World

logger = logging.getLogger(__name__)

SHUTDOWN_S = 0.1
"""How long open requests and sockets may take to end when the simulator stops."""


class Simulator:
    """Serves Twilio, Deepgram, the language models and the control API; `async with` starts and stops it.

    Raises ScenarioError when its scenarios cannot be used, OSError when its port is taken.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.world = World()
        self.directory = Directory.load(config.scenarios_dir, config.callee_audio)
        self.port = config.port
        self._session: aiohttp.ClientSession | None = None
        self._exchange: Exchange | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, e.g. http://127.0.0.1:8799."""
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Listen."""
        # No limits and no shared cookies: each call is a different Twilio machine.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept",),
        )
        self._exchange = Exchange(self.config, self.world, self.directory, self._session)
        app = web.Application()
        app.add_routes(rest.routes(self._exchange))
        app.add_routes(control.routes(self.directory, self._exchange))
        app.add_routes(talk_routes(self._exchange))
        app.add_routes(simulator.deepgram.routes(self.world, self.config))
        app.add_routes(simulator.llm.routes(self.config))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        try:
            await self._runner.setup()
            site = web.TCPSite(self._runner, self.config.host, self.config.port)
            await site.start()
        except BaseException:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Drop every call and stop listening; may be called twice."""
        if self._exchange is not None:
            await self._exchange.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
