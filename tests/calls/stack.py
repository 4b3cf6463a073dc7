"""The whole product as a user runs it, `manage.py up` in a folder of its own, and calls placed through its edges."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import connect

from tests.databases import own_database
from tests.waiting import auntil

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60
CALL_TIMEOUT_S = 90

CLERK, HAGGLER, INTERRUPTER, RECORDED = "+12025550100", "+12025550101", "+12025550102", "+12025550199"

ERRAND = {
    "task_type": "bill_reduction",
    "objective": "Get my internet bill below sixty dollars a month",
    "context": "I have been a customer for six years and pay eighty dollars.",
    "target_outcome": "$60 a month or less",
    "walkaway_point": "$75, ocelot",
    "style": "collaborative",
}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stack:
    """A running product: its own address, its simulator's, and the key of its first run."""

    url: str
    simulator_url: str
    data_root: Path
    process: subprocess.Popen[str]

    @property
    def api_key(self) -> str:
        return (self.data_root / "api-key").read_text().strip()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[aiohttp.ClientSession]:
        """An HTTP client that carries the API key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        async with aiohttp.ClientSession(self.url, headers=headers) as client:
            yield client

    async def truth(self, call_sid: str, what: str = "") -> Any:
        """What the simulator knows of a call: JSON, or bytes when `what` names audio."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self.simulator_url}/simulator/calls/{call_sid}{what}") as answer,
        ):
            answer.raise_for_status()
            return await (answer.read() if what else answer.json())


@contextmanager
def running_stack(data_root: Path, *arguments: str, **environment: str) -> Iterator[Stack]:
    """Start everything by the real command, and stop it."""
    port, simulator_port = free_port(), free_port()
    with own_database() as database:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "ENV_FILE": os.devnull,
                "DATA_ROOT": str(data_root),
                "PORT": str(port),
                "SIMULATOR_PORT": str(simulator_port),
                "MAX_LIVE_CALLS": "100",  # every scenario at once
                **database,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack = Stack(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{simulator_port}", data_root, process)
        try:
            asyncio.run(wait_ready(stack))
            yield stack
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


async def wait_ready(stack: Stack) -> None:
    """Until the web server may get work.

    Raises:
        RuntimeError: it ended, with what it said, or was not ready in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline:
            if stack.process.poll() is not None:
                output = stack.process.stdout.read() if stack.process.stdout else ""
                raise RuntimeError(f"it ended with {stack.process.returncode}:\n{output}")
            try:
                async with client.get(f"{stack.url}/readyz") as answer:
                    if answer.status == 200 and (stack.data_root / "api-key").exists():
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError("it was not ready in time")


@dataclass
class PlacedCall:
    """A call that was followed to its end: what every side says of it."""

    task: dict[str, Any]
    session_id: str
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    truth: dict[str, Any] = field(default_factory=dict)
    callee_heard: bytes = b""
    callee_said: bytes = b""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of every event of a type, in order."""
        return [event["data"] for event in self.events if event["type"] == kind]

    def states(self) -> list[str]:
        """The states of the call as the feed told them."""
        return [data["state"] for data in self.of("call_status")]


async def create_task(client: aiohttp.ClientSession, number: str, **fields: str) -> dict[str, Any]:
    """A task for `number`."""
    async with client.post("/api/tasks", json={**ERRAND, "target_phone": number, **fields}) as answer:
        task: dict[str, Any] = await answer.json()
        assert answer.status == 201, task
        return task


async def start_call(client: aiohttp.ClientSession, task_id: str) -> str:
    """Place the call; its session id."""
    async with client.post(f"/api/tasks/{task_id}/call") as answer:
        body = await answer.json()
        assert (answer.status, body.get("ok")) == (200, True), body
        session_id: str = body["session_id"]
        return session_id


@asynccontextmanager
async def feed(stack: Stack, identity: str, query: str = "") -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The messages of `WS /ws/call/{identity}`."""
    url = f"{stack.url.replace('http', 'ws', 1)}/ws/call/{identity}{query}"
    async with connect(url, additional_headers={"Authorization": f"Bearer {stack.api_key}"}) as socket_:

        async def messages() -> AsyncIterator[dict[str, Any]]:
            async for text in socket_:
                yield json.loads(text)

        yield messages()


async def place_and_follow(
    stack: Stack,
    number: str,
    *,
    stop_when: str | None = None,
    seen: Callable[[dict[str, Any]], None] = lambda message: None,
    **fields: str,
) -> PlacedCall:
    """Place a call and follow its feed until its recording is closed and its state is final.

    With `stop_when`, the call is stopped when an event of that type is seen. `seen` is told of every message.
    """
    async with stack.client() as client:
        task = await create_task(client, number, **fields)
        async with feed(stack, task["id"]) as messages, asyncio.timeout(CALL_TIMEOUT_S):
            placed = PlacedCall(task, await start_call(client, task["id"]))
            stopping = None
            ended = recorded = has_audio = False
            async for message in _every_event(stack, messages, placed):
                seen(message)
                if stopping is None and stop_when in (message["type"], message["data"].get("state", "")):
                    stopping = asyncio.create_task(_stop(client, task["id"]))
                ended = ended or _is_final(message)
                has_audio = has_audio or message["type"] == "stream"
                recorded = recorded or message["type"] == "recording"
                if ended and (recorded or not has_audio):
                    break
            if stopping is not None:
                await stopping
        async with client.get(f"/api/tasks/{task['id']}") as answer:
            placed.task = await answer.json()
    await ask_simulator(stack, placed)
    return placed


async def _every_event(
    stack: Stack, messages: AsyncIterator[dict[str, Any]], placed: PlacedCall
) -> AsyncIterator[dict[str, Any]]:
    """Each message of a feed, also the events that its snapshot has summed up: a short call may be over by then."""
    async for message in messages:
        if message["type"] != "snapshot":
            if message["seq"] is not None:
                placed.events.append(message)
            yield message
            continue
        placed.snapshots.append(message)
        if not message["seq"]:
            continue
        async with feed(stack, message["session_id"], "?after=0") as replayed:
            async for event in replayed:
                if event["seq"] is not None:
                    placed.events.append(event)
                    yield event
                if event["seq"] == message["seq"]:
                    break


def _is_final(message: dict[str, Any]) -> bool:
    finals = {"completed", "busy", "no_answer", "failed", "canceled"}
    return message["type"] == "call_status" and message["data"]["state"] in finals


async def _stop(client: aiohttp.ClientSession, task_id: str) -> None:
    async with client.post(f"/api/tasks/{task_id}/stop") as answer:
        assert answer.status == 200, await answer.text()


async def ask_simulator(stack: Stack, placed: PlacedCall) -> None:
    """Add what the simulator knows of the call."""
    (call,) = placed.task["calls"]
    placed.truth = await stack.truth(call["call_sid"])
    if placed.truth["stream_sids"]:
        placed.callee_heard = await stack.truth(call["call_sid"], "/heard.ulaw")
        placed.callee_said = await stack.truth(call["call_sid"], "/said.ulaw")


async def wav(stack: Stack, task_id: str, side: str) -> tuple[int, bytes]:
    """Channels and 16-bit frames of one side of the latest recording."""
    async with stack.client() as client, client.get(f"/api/tasks/{task_id}/audio?side={side}") as answer:
        assert answer.status == 200, await answer.text()
        with wave.open(io.BytesIO(await answer.read())) as file:
            assert (file.getframerate(), file.getsampwidth()) == (8000, 2)
            return file.getnchannels(), file.readframes(file.getnframes())


until = partial(auntil, within_s=40, every_s=0.1)
"""Wait for a condition in another process."""


async def call_sid_in_progress(client: aiohttp.ClientSession, placed: PlacedCall) -> str:
    """The CallSid of a call once somebody has answered it."""

    async def answered() -> bool:
        async with client.get(f"/api/tasks/{placed.task['id']}") as answer:
            placed.task = await answer.json()
        return bool(placed.task["calls"][0]["state"] == "in_progress")

    await until(answered)
    sid: str = placed.task["calls"][0]["call_sid"]
    return sid


async def cross(stack: Stack, one: str, two: str) -> None:
    """Swap the audio of two live calls at the simulator, as soon as both have a stream."""

    async def crossed() -> bool:
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{stack.simulator_url}/simulator/calls/{one}/cross", json={"with": two}) as answer,
        ):
            return bool(answer.status == 200)

    await until(crossed)
