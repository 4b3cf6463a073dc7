"""python -m simulator: starts, says where, and stops at once."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

pytestmark = pytest.mark.integration

Run = Callable[..., Awaitable[Process]]
SID = "AC" + "1" * 32
CREDENTIALS = ("--twilio-account-sid", SID, "--twilio-auth-token", "t0ken")


@pytest_asyncio.fixture
async def run() -> AsyncIterator[Run]:
    """Starts simulators, and kills those that a test leaves behind."""
    started: list[Process] = []

    async def start(*arguments: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", *arguments, stdout=PIPE, stderr=PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(process: Process) -> str:
    """The address that a simulator announces."""
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
    assert line.startswith("simulator ready on http://127.0.0.1:")
    return line.split()[-1]


@pytest_asyncio.fixture
async def deaf_server() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A WebSocket server that accepts and then never reads, nor answers a close; and whether it has accepted."""
    accepted, done = asyncio.Event(), asyncio.Event()

    async def accept(request: web.Request) -> web.WebSocketResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        accepted.set()
        await done.wait()
        return stream

    app = web.Application()
    app.add_routes([web.get("/", accept)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}/", accepted
    done.set()
    await runner.cleanup()


async def test_it_stops_within_two_seconds_of_sigterm_whatever_its_calls_do(
    run: Run, deaf_server: tuple[str, asyncio.Event]
) -> None:
    process = await run("--port", "0", *CREDENTIALS)
    url = await ready(process)
    stream_url, accepted = deaf_server
    login = {"Authorization": aiohttp.encode_basic_auth(SID, "t0ken")}
    document = f'<Response><Connect><Stream url="{stream_url}"/></Connect></Response>'
    form = {"To": "+12025550100", "From": "+12025550000", "Twiml": document}
    async with aiohttp.ClientSession(headers=login) as http:
        async with http.post(f"{url}/2010-04-01/Accounts/{SID}/Calls.json", data=form) as response:
            assert response.status == 201
        await asyncio.wait_for(accepted.wait(), 5)
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert time.monotonic() - began_s < 2.0
    assert process.stderr is not None
    assert b"Traceback" not in await process.stderr.read()


async def test_what_keeps_it_from_starting_is_one_line(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await run("--port", str(port))
        _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 1
    assert errors.decode().startswith(f"simulator: cannot listen on 127.0.0.1:{port}: ")
    (tmp_path / "clerk.yaml").write_text("name: clerk\n")
    process = await run("--scenarios", str(tmp_path))
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 2
    assert errors.decode().startswith("simulator: clerk.yaml: number: Field required")
    assert errors.count(b"\n") == 1


async def test_a_recording_may_open_the_call(run: Run, tmp_path: Path) -> None:
    (tmp_path / "voice.ulaw").write_bytes(b"\x00" * 800)
    url = await ready(await run("--callee-audio", str(tmp_path / "voice.ulaw")))
    async with aiohttp.ClientSession() as http, http.get(f"{url}/simulator/scenarios") as response:
        numbers = {scenario["name"]: scenario["number"] for scenario in await response.json()}
    assert numbers["recorded"] == "+12025550199"
