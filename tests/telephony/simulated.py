"""The simulator in a thread of the test process, and a line to it that can lose answers."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from simulator.config import SimulatorConfig
from simulator.server import Simulator

ACCOUNT, TOKEN, NUMBER = "AC" + "3" * 32, "t0ken", "+12025550142"
CLERK, BUSY, NO_ANSWER, SLOW = "+12025550100", "+12025550110", "+12025550111", "+12025550117"


@contextmanager
def running_simulator(*, twilio_phone_number: str | None = None) -> Iterator[Simulator]:
    """A simulator with its own event loop in its own thread."""
    loop = asyncio.new_event_loop()
    config = SimulatorConfig(
        port=0,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_phone_number=twilio_phone_number,
        deepgram_api_key="k",
    )
    simulator = Simulator(config)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(simulator.__aenter__(), loop).result(10)
    try:
        yield simulator
    finally:
        asyncio.run_coroutine_threadsafe(simulator.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def answers_lost(url: str) -> Iterator[str]:
    """An address that passes each request on to `url` and then hangs up instead of answering."""
    target = urlsplit(url)
    assert target.hostname is not None
    assert target.port is not None
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, socket.create_connection((target.hostname, target.port)) as upstream:
                while upstream not in select.select([client, upstream], [], [], 10)[0]:
                    upstream.sendall(client.recv(65536))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
