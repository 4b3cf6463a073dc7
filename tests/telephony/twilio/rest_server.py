"""A loopback HTTP server that answers like Twilio's REST API, or fails in the ways a network fails."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; repeated form keys stay repeated."""

    method: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    authorization: str


Play = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One connection; what happens to it is the server's `play`."""

    server: RestServer

    def do_POST(self) -> None:
        """Note the request, then play."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        url = urlsplit(self.path)
        self.server.received.append(
            Received(
                self.command,
                url.path,
                parse_qsl(url.query, keep_blank_values=True),
                parse_qsl(body, keep_blank_values=True),
                self.headers.get("Authorization", ""),
            )
        )
        self.server.play(self)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def answer(self, status: int, body: bytes) -> None:
        """A complete HTTP answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class RestServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, play: Play) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.play = play
        self.received: list[Received] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def serving(play: Play, *, tls: ssl.SSLContext | None = None) -> Iterator[RestServer]:
    """A running server; hanging exchanges are let go at the end."""
    server = RestServer(play)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.url = server.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def replies(status: int, body: object) -> Play:
    """Answer with JSON."""
    return lambda exchange: exchange.answer(status, json.dumps(body).encode())


def replies_raw(status: int, body: bytes) -> Play:
    """Answer with bytes that need not be JSON."""
    return lambda exchange: exchange.answer(status, body)


def refuses(status: int, code: int, message: str = "No to +12025550123") -> Play:
    """Answer with one of Twilio's errors; its message quotes a number, as Twilio's do."""
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return replies(status, {"code": code, "message": message, "more_info": more_info, "status": status})


def hangs(exchange: Exchange) -> None:
    """Take the request and never answer."""
    exchange.server.released.wait(30)


def hangs_up(exchange: Exchange) -> None:
    """Take the request and close the connection."""
    exchange.close_connection = True


def resets(exchange: Exchange) -> None:
    """Take the request and send a TCP reset."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.connection.close()


def stops_half_way(exchange: Exchange) -> None:
    """Announce more bytes than come."""
    exchange.send_response(201)
    exchange.send_header("Content-Length", "5000")
    exchange.end_headers()
    exchange.wfile.write(b'{"sid": "CA')
    exchange.close_connection = True
