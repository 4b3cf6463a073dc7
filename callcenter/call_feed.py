"""A call placed and followed over the product's own API, as any program would."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from callcenter.api_client import ApiClient
from tasks_app.close_codes import CloseCode

Message = dict[str, Any]

RETRY_EVERY_S = 0.5
GIVE_UP_AFTER_S = 60.0
"""How long a server may be away; `manage.py up` starts one that crashed again within seconds."""

REFUSED = frozenset(
    {CloseCode.BAD_REQUEST, CloseCode.NOT_AUTHENTICATED, CloseCode.NOT_HERE, CloseCode.NOT_FOUND}
)
"""Closing codes after which another try has the same answer (docs/events.md)."""


class NotFollowed(Exception):
    """The feed of a call cannot be had, or its end was not seen in time. The message is for a person."""


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that is on its way; `message` says so in words."""

    task_id: str
    session_id: str
    message: str


def place(api: ApiClient, errand: dict[str, Any]) -> PlacedCall:
    """Write a task, and call its number once.

    Raises:
        ApiError: it was refused, or the server does not answer.
    """
    task_id = str(api.post("/api/tasks", errand)["id"])
    answer = api.post(f"/api/tasks/{task_id}/call", {})
    return PlacedCall(task_id, str(answer["session_id"]), str(answer["message"]))


def follow(api: ApiClient, session_id: str, *, timeout_s: float | None = None) -> Iterator[Message]:
    """Every event of a call from its first, once and in order, over as many connections as it takes.

    It does not end by itself: the caller knows which event was the last to wait for.

    Raises:
        NotFollowed: refused, the server away for GIVE_UP_AFTER_S, or `timeout_s` over.
    """
    feed = _Feed(api, session_id, timeout_s)
    while True:
        yield from feed.one_connection()
        feed.wait_to_retry()


class _Feed:
    """Where one follower stands."""

    def __init__(self, api: ApiClient, session_id: str, timeout_s: float | None) -> None:
        self._url = f"{api.base_url.replace('http', 'ws', 1)}/ws/call/{session_id}"
        self._server = api.base_url
        self._headers = {"Authorization": f"Bearer {api.api_key}"}
        self._timeout_s = timeout_s
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._after = 0
        self._lost_at: float | None = None
        self._cause = ""

    def one_connection(self) -> Iterator[Message]:
        """What one connection brings, until it is lost."""
        try:
            with connect(
                f"{self._url}?after={self._after}",
                additional_headers=self._headers,
                proxy=None,
                close_timeout=1,
            ) as connection:
                self._lost_at = None
                while True:
                    text = self._received(connection)
                    message: Message = json.loads(text)
                    if message["seq"] is not None:
                        self._after = message["seq"]
                    yield message
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code in REFUSED:
                raise NotFollowed(f"The feed of the call was refused: {closed.rcvd.reason}") from None
            self._cause = str(closed)
        except (OSError, WebSocketException) as error:
            self._cause = str(error)

    def _received(self, connection: ClientConnection) -> str:
        remaining_s = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        try:
            return str(connection.recv(timeout=remaining_s))
        except TimeoutError:
            raise NotFollowed(f"The call was not over after {self._timeout_s:.0f} s.") from None

    def wait_to_retry(self) -> None:
        """Pause before the next connection, unless it is no use."""
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        if now - self._lost_at > GIVE_UP_AFTER_S or (self._deadline is not None and now > self._deadline):
            raise NotFollowed(f"The server at {self._server} is away ({self._cause}).")
        time.sleep(RETRY_EVERY_S)
