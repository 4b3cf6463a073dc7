"""The web server: `python -m callcenter.serve`. It lets live calls end before it stops."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

import uvicorn

END_CALLS_TIMEOUT_S = 1.5
"""For hanging up what is left; Twilio itself ends a call whose audio goes away."""


class CallServer(uvicorn.Server):
    """Drains on the first SIGTERM or SIGINT and stops at once on the second.

    Draining: no new calls, and up to `drain_s` for the present ones; what is left is then hung up.
    """

    def __init__(self, config: uvicorn.Config, *, drain_s: float) -> None:
        super().__init__(config)
        self._drain_s = drain_s
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """In place of uvicorn's own, which stops at the first signal."""
        from telephony import live

        if self._stop_at is None:
            live.start_draining()
            self._stop_at = time.monotonic() + self._drain_s
        else:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is time to stop."""
        from telephony import draining

        if await super().on_tick(counter):
            return True
        if self._stop_at is None:
            return False
        return time.monotonic() >= self._stop_at or (counter % 5 == 0 and await draining.is_done())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hang up while Twilio can still be told, then close the sockets."""
        from telephony import draining

        if not self.force_exit:
            await draining.end_all(END_CALLS_TIMEOUT_S)
        await super().shutdown(sockets)


def config() -> uvicorn.Config:
    """How uvicorn serves calls: no compression of audio, small frames, dead peers noticed within 10 s."""
    return uvicorn.Config(
        "callcenter.asgi:application",
        ws="websockets-sansio",
        loop="auto",  # uvloop where it is installed
        ws_per_message_deflate=False,
        ws_max_size=65536,
        ws_ping_interval=5,
        ws_ping_timeout=5,
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
        proxy_headers=False,  # public URLs come from PUBLIC_BASE_URL
        server_header=False,
    )


def listen(host: str, port: int) -> socket.socket:
    """The listening socket.

    Raises:
        OSError: when the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def why_not_listening(host: str, port: int, error: OSError) -> str:
    """What `listen` raised, with what to do about it."""
    match error.errno:
        case errno.EADDRINUSE:
            remedy = f"Stop what uses it, or choose another port: PORT={port + 1}"
        case errno.EACCES:
            remedy = "Choose a port above 1023: PORT=3001"
        case _:
            remedy = "Set HOST to an address of this machine, as in 127.0.0.1."
    return f"Cannot listen on {host}:{port} ({error.strerror}). {remedy}"


def is_ready(base_url: str) -> bool:
    """Whether a web server of ours answers there and takes work."""
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=5) as response:  # noqa: S310  our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main() -> None:
    """Check the configuration, listen, and serve until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")  # noqa: TID251  Django's own switch
    import django

    django.setup()
    from django.conf import settings

    from callcenter import checks, data_root

    if problems := checks.errors():
        sys.exit("\n".join(problems))
    if problem := data_root.problem_at_start():
        sys.exit(problem)
    try:
        listener = listen(settings.HOST, settings.PORT)
    except OSError as error:
        sys.exit(why_not_listening(settings.HOST, settings.PORT, error))
    CallServer(config(), drain_s=settings.DRAIN_SECONDS).run(sockets=[listener])


if __name__ == "__main__":
    main()
