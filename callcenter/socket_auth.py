"""The door of the browsers' and programs' WebSockets: who asks, and from which page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack, get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.http.request import split_domain_port, validate_host

from callcenter.auth import bearer
from callcenter.models import ApiKey
from tasks_app.close_codes import CloseCode
from tasks_app.problems import CONTENT_TYPE, problem
from tasks_app.serving import SIGN_IN

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOT_BY_NAME = ("localhost", "127.0.0.1", "[::1]", "*")
"""Hosts that we answer to, and whose pages may yet be others': any program's on the machine, anybody's at all."""


class SocketGate:
    """Lets signed-in users and API keys pass, and closes the socket of others.

    What passes has `scope["user"]`, and `scope["still_allowed"]` to ask later whether the key or session stands.

    A page of another site must not open a socket with its visitor's session, so a present `Origin` has to
    be ours. Programs send none.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin1") for name, value in scope["headers"]}
        if not origin_is_ours(headers.get(b"origin"), headers.get(b"host", "")):
            await refuse(scope, send, 403, "origin_refused", "This page may not open a socket here.")
            return
        text = bearer(headers.get(b"authorization", ""))
        if text is None:
            scope["still_allowed"] = partial(_session_stands, scope["session"].session_key, scope["user"])
        else:
            key = await database_sync_to_async(ApiKey.find)(text)
            scope["user"] = key.owner if key else None
            scope["still_allowed"] = partial(_key_stands, key)
        if scope["user"] is None or not scope["user"].is_authenticated:
            await _turn_away(receive, send)
            return
        await self._inner(scope, receive, send)


def guarded(consumer: Application) -> Application:
    """A consumer behind the session and the gate."""
    stack: Application = AuthMiddlewareStack(SocketGate(consumer))
    return stack


def origin_is_ours(origin: str | None, host: str) -> bool:
    """Whether a handshake comes from one of our own pages, or, without `Origin`, from a program."""
    if origin is None:
        return True
    try:
        page = urlsplit(origin)
        hostname = page.hostname or ""
    except ValueError:
        return False
    if page.scheme not in ("http", "https"):
        return False
    if page.netloc == host:  # a page of this very server, whatever name it was reached by
        return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return validate_host(hostname, [name for name in settings.ALLOWED_HOSTS if name not in _NOT_BY_NAME])


async def _key_stands(key: ApiKey) -> bool:
    return bool(await database_sync_to_async(ApiKey.usable().filter(pk=key.pk).exists)())


async def _session_stands(session_key: str | None, user: User) -> bool:
    """Whether this session is still `user`'s: not signed out or expired, password unchanged, account active."""
    store = import_module(settings.SESSION_ENGINE).SessionStore  # a new one: the scope's keeps what it read
    now = await get_user({"session": store(session_key)})
    return bool(now.is_authenticated and now.pk == user.pk)


async def _turn_away(receive: Receive, send: Send) -> None:
    """Close after the handshake: a page is not told why a handshake was refused."""
    await receive()
    await send({"type": "websocket.accept"})
    await send(
        {
            "type": "websocket.close",
            "code": CloseCode.NOT_AUTHENTICATED,
            "reason": SIGN_IN,
        }
    )


async def refuse(scope: Scope, send: Send, status: int, code: str, detail: str) -> None:
    """Answer a handshake with an HTTP problem, or with close code 4000 + status where the server cannot."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4000 + status})
        return
    headers = [(b"content-type", CONTENT_TYPE.encode())]
    body = json.dumps(problem(status=status, code=code, detail=detail, instance=scope["path"])).encode()
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


async def unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    """Where nothing listens: a plain refusal instead of the router's traceback."""
    await refuse(scope, send, 404, "not_found", "There is no socket at this path.")
