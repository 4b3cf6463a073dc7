"""One more web process beside those of `manage.py up`: the same database, folder, broker and simulator."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from tests.calls.stack import ROOT, Stack, free_port, wait_ready
from tests.processes import processes_of

STOP_TIMEOUT_S = 10


def _command(server: str, port: int) -> list[str]:
    """How a person starts this kind of server."""
    match server:
        case "daphne":
            sizes = ["--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536"]
            peers = ["--ping-interval", "5", "--ping-timeout", "5", "--application-close-timeout", "5"]
            address = ["-b", "127.0.0.1", "-p", str(port)]
            return ["-m", "daphne", *address, *sizes, *peers, "callcenter.asgi:application"]
        case "runserver":
            return ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
        case _:
            return ["-m", "callcenter.serve"]


@contextmanager
def second_web_process(stack: Stack, server: str = "serve", **environment: str) -> Iterator[Stack]:
    """Start a web process of kind `server` (serve, daphne, runserver); the `Stack` that has its address.

    Twilio reaches it by an address of its own, so it holds the calls that are placed at it. `environment` changes
    that and more.
    """
    with second_web_processes(stack, server, **environment) as (second,):
        yield second


@contextmanager
def second_web_processes(stack: Stack, *servers: str, **environment: str) -> Iterator[list[Stack]]:
    """As `second_web_process`, several at the same time."""
    with ExitStack() as started:
        processes = [started.enter_context(_started(stack, server, environment)) for server in servers]

        async def wait_for_all() -> None:
            await asyncio.gather(*(wait_ready(process) for process in processes))

        asyncio.run(wait_for_all())
        yield processes


@contextmanager
def _started(stack: Stack, server: str, environment: dict[str, str]) -> Iterator[Stack]:
    first_port = str(urlsplit(stack.url).port)
    first = next(
        running
        for running in processes_of(stack.data_root)
        if "callcenter.serve" in running.command and running.environment.get("PORT") == first_port
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, *_command(server, port)],
        cwd=ROOT,
        env={**first.environment, "PORT": str(port), "PUBLIC_BASE_URL": url, **environment},
        text=True,
    )
    try:
        yield Stack(url, stack.simulator_url, stack.data_root, process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
