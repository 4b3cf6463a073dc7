"""What every model API does with a request before and after the model: key, record, faults of transport."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.deepgram.connection import client_gone
from simulator.fault_plan import Plan
from simulator.llm.faults import Fault, LlmFault, Provider

REMEMBERED_REQUESTS = 200
DRIP_EVERY_S = 0.25
_DAY_S = 24 * 3600
_SECRET_HEADERS = frozenset(["authorization", "x-api-key"])

Respond = Callable[[dict[str, Any], Fault | None], dict[str, Any]]
"""The answer to a request's body under a fault; raises Refused."""


class Refused(Exception):
    """The request is answered with an error: an HTTP status, and a body in the provider's own form."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers or {}


ErrorBody = Callable[[int, str], dict[str, Any]]
"""A provider's body of an error, from its status and its text."""


class Door:
    """The way into the model for every wire format: remembers the requests, lets faults strike."""

    def __init__(self) -> None:
        self.faults: Plan[LlmFault] = Plan()
        self.requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED_REQUESTS)
        """The latest requests: provider, path, headers without keys, body, fault."""

    async def serve(
        self, request: web.Request, provider: Provider, respond: Respond, error_body: ErrorBody
    ) -> web.StreamResponse:
        """Answer one POST of JSON."""
        # Not request.read(): a prompt may be longer than aiohttp's limit of a form.
        raw = await request.content.read()
        planned = self.faults.take(lambda fault: fault.provider in (None, provider))
        fault = planned.fault if planned is not None else None
        body = _parsed(raw)
        self._remember(request, provider, raw.decode(errors="replace") if body is None else body, fault)
        if fault is Fault.HANG:
            await client_gone(request)
            return web.Response()
        try:
            if fault is not None:
                _refuse_by(fault, error_body)
            if body is None:
                raise Refused(400, error_body(400, "We could not parse the JSON body of your request."))
            # In a thread: a long transcript or a huge answer must not hold up anybody's audio.
            answer = await asyncio.to_thread(lambda: json.dumps(respond(body, fault)).encode())
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status, headers=refused.headers)
        if fault is Fault.SLOW_DRIP:
            return await _drip(request, answer)
        return web.Response(body=answer, content_type="application/json")

    def _remember(self, request: web.Request, provider: Provider, body: Any, fault: Fault | None) -> None:
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in _SECRET_HEADERS
        }
        self.requests.append(
            {"provider": provider, "path": request.path, "headers": headers, "body": body, "fault": fault}
        )


def bearer_is(request: web.Request, key: str) -> bool:
    """Whether the request carries `Authorization: Bearer <key>`."""
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {key}".encode())


def guarded(
    allowed: Callable[[web.Request], bool],
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    refusal: dict[str, Any],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`handler` for those who are allowed in; 401 with the body `refusal` for others."""

    async def guard(request: web.Request) -> web.StreamResponse:
        return await handler(request) if allowed(request) else web.json_response(refusal, status=401)

    return guard


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _refuse_by(fault: Fault, error_body: ErrorBody) -> None:
    waits_s = {Fault.DAY: _DAY_S, Fault.SHORT: 1}.get(fault)
    if waits_s is not None:
        raise Refused(429, error_body(429, "Rate limit reached."), {"Retry-After": str(waits_s)})
    if fault is Fault.SERVER_ERROR:
        raise Refused(500, error_body(500, "The server had an error while processing your request."))


async def _drip(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    with contextlib.suppress(ConnectionError):  # the client has had enough
        await response.prepare(request)
        for byte in body:
            await response.write(bytes([byte]))
            await asyncio.sleep(DRIP_EVERY_S)
        await response.write_eof()
    return response
