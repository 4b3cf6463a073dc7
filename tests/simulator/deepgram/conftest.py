"""A simulated agent on a real socket, and a caller to talk to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from simulator.config import AgentTimings, SimulatorConfig
from simulator.deepgram import routes
from simulator.speech import speak
from simulator.world import World

KEY = "simulated-deepgram-key"
DEADLINE_S = 5.0
QUIET_1_S = b"\xff" * 8000

FAST = AgentTimings(
    settings_applied_ms=5,
    greeting_audio_ms=5,
    think_ms=5,
    end_of_turn_quiet_ms=600,
    pause_ms=300,
    audio_speed=20,
    audio_done_on_barge_in=1.0,
)

PROMPT = """Calling on behalf of: Dana Reyes
Objective: Get the monthly internet bill under $60
Target outcome: $60
Walk-away point (private): $75
Opening line: Hello, this is an AI assistant calling on behalf of Dana Reyes.
"""

SETTINGS: dict[str, Any] = {
    "type": "Settings",
    "tags": ["call:CA1"],
    "audio": {
        "input": {"encoding": "mulaw", "sample_rate": 8000},
        "output": {"encoding": "mulaw", "sample_rate": 8000, "container": "none"},
    },
    "agent": {
        "listen": {"provider": {"type": "deepgram", "version": "v2", "model": "flux-general-en"}},
        "think": {
            "provider": {"type": "open_ai", "model": "gpt-5.4-mini"},
            "prompt": PROMPT,
            "functions": [
                {"name": "end_call", "description": "Hang up.", "parameters": {}, "defer_until_eot": True},
                {"name": "update_strategy", "description": "New plan.", "parameters": {}},
            ],
        },
        "speak": {"provider": {"type": "deepgram", "model": "aura-2-thalia-en"}},
        "greeting": "Hello, I am an AI assistant calling for Dana Reyes.",
    },
}


def settings(**agent: Any) -> dict[str, Any]:
    """The Settings above with some fields of the agent replaced; None removes one."""
    message = deepcopy(SETTINGS)
    message["agent"].update(agent)
    message["agent"] = {key: value for key, value in message["agent"].items() if value is not None}
    return message


@dataclass(slots=True)
class Received:
    """A message from the agent; `body` is a dict, or bytes of audio."""

    at_s: float
    body: Any

    @property
    def kind(self) -> str:
        return "audio" if isinstance(self.body, bytes) else self.body["type"]


class Caller:
    """The client's side of an agent socket: says things, and keeps everything it receives in order."""

    def __init__(self, socket: ClientConnection, world: World) -> None:
        self.socket = socket
        self.world = world
        self.received: list[Received] = []
        self._arrived = asyncio.Condition()
        self._utterances = 0

    async def read(self) -> None:
        with suppress(ConnectionClosedError):
            async for data in self.socket:
                async with self._arrived:
                    body = data if isinstance(data, bytes) else json.loads(data)
                    self.received.append(Received(time.monotonic(), body))
                    self._arrived.notify_all()
        async with self._arrived:
            self._arrived.notify_all()

    async def send(self, message: dict[str, Any] | bytes | str) -> None:
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def start(self, message: dict[str, Any] | None = None) -> None:
        await self.send(message or SETTINGS)
        await self.until("SettingsApplied")

    async def start_and_be_greeted(self) -> None:
        await self.start()
        await self.until("AgentAudioDone")

    async def say(self, text: str, *, quiet_ms: int = 700) -> None:
        """Speak in the room of the call, as fast as the socket takes it, and be quiet for a while."""
        self._utterances += 1
        utterance = await speak(text, speaker="callee", seed=self._utterances)
        self.world.room("CA1").spoken(utterance)
        await self.stream(utterance.audio + b"\xff" * 8 * quiet_ms)

    async def stream(self, audio: bytes) -> None:
        for at in range(0, len(audio), 160):
            await self.send(audio[at : at + 160])

    async def until(
        self, kind: str, *, count: int = 1, within_s: float = DEADLINE_S, **fields: Any
    ) -> Received:
        """Wait for the `count`-th message of this type with these fields."""
        found: list[Received] = []

        def there() -> bool:
            found[:] = self.all(kind, **fields)
            return len(found) >= count

        await self.wait(there, within_s)
        return found[count - 1]

    async def wait(self, condition: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
        async with asyncio.timeout(within_s), self._arrived:
            await self._arrived.wait_for(condition)

    async def closed(self) -> int | None:
        await asyncio.wait_for(self.socket.wait_closed(), DEADLINE_S)
        return self.socket.close_code

    def all(self, kind: str, **fields: Any) -> list[Received]:
        return [
            item
            for item in self.received
            if item.kind == kind and all(item.body.get(key) == value for key, value in fields.items())
        ]

    def kinds(self, *, without: Iterable[str] = ("audio", "LatencyReport")) -> list[str]:
        return [item.kind for item in self.received if item.kind not in without]

    def texts(self, role: str) -> list[str]:
        return [item.body["content"] for item in self.all("ConversationText", role=role)]

    @property
    def audio(self) -> bytes:
        return b"".join(item.body for item in self.all("audio"))

    async def noted(self, kind: str) -> dict[str, object]:
        """Wait for an entry of the call's timeline."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for entry in self.world.room("CA1").timeline:
                    if entry["kind"] == kind:
                        return entry
                await asyncio.sleep(0.005)

    def timeline(self) -> list[str]:
        return [str(entry["kind"]) for entry in self.world.room("CA1").timeline]


class AgentServer:
    """Simulated agents on free ports of loopback, one for each pace."""

    def __init__(self, world: World, stack: AsyncExitStack) -> None:
        self.world = world
        self._stack = stack
        self._http_urls: dict[AgentTimings, str] = {}

    async def http_url(self, timings: AgentTimings = FAST) -> str:
        """Where the agent of this pace listens."""
        if timings not in self._http_urls:
            app = web.Application()
            app.add_routes(routes(self.world, SimulatorConfig(deepgram_api_key=KEY, agent=timings)))
            runner = web.AppRunner(app, shutdown_timeout=0.2)
            await runner.setup()
            self._stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._http_urls[timings] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self._http_urls[timings]

    async def url(self, timings: AgentTimings = FAST) -> str:
        """The agent's socket."""
        return (await self.http_url(timings)).replace("http://", "ws://") + "/v1/agent/converse"

    async def faults(self, fault: object, timings: AgentTimings = FAST) -> tuple[int, dict[str, Any]]:
        """Ask for a fault; returns the status and the answer."""
        url = f"{await self.http_url(timings)}/simulator/agent-faults"
        async with aiohttp.ClientSession() as http, http.post(url, json=fault) as answer:
            return answer.status, await answer.json()

    async def connect(
        self, timings: AgentTimings = FAST, key: str = f"Token {KEY}", **options: Any
    ) -> Caller:
        """A caller whose socket is open and has had its Welcome."""
        headers = {"Authorization": key}
        socket = await connect(
            await self.url(timings), additional_headers=headers, compression=None, **options
        )
        caller = Caller(socket, self.world)
        reading = asyncio.create_task(caller.read())

        async def hang_up() -> None:
            await socket.close()
            await reading

        self._stack.push_async_callback(hang_up)
        await caller.until("Welcome")
        return caller


@pytest.fixture
async def agent() -> AsyncIterator[AgentServer]:
    async with AsyncExitStack() as stack:
        yield AgentServer(World(), stack)
