"""The simulated Deepgram Voice Agent's door: `GET /v1/agent/converse`, its key and its handshake.

Source: Deepgram "Voice Agent message flow"; the bodies of refusals follow "API errors".
"""

from __future__ import annotations

import hmac
import uuid

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.deepgram.agent_socket import AgentSocket
from simulator.deepgram.connection import client_gone, reset
from simulator.deepgram.faults import FaultPlan
from simulator.world import World

_REFUSALS = {
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for this request."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
    500: ("INTERNAL_SERVER_ERROR", "Internal server error."),
}


def authorized(request: web.Request, key: str) -> bool:
    """Whether the request carries `Authorization: Token <key>`; `Bearer` is for temporary tokens only."""
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Token {key}".encode())


async def converse(
    request: web.Request, world: World, config: SimulatorConfig, faults: FaultPlan
) -> web.StreamResponse:
    """Serve one agent socket; 401 before the upgrade when the key is wrong."""
    request_id = str(uuid.uuid4())
    fault = faults.take_at_connect()
    handshake = fault.handshake if fault is not None else None
    if handshake == "refuse":
        reset(request)
    if isinstance(handshake, str):
        await client_gone(request)
        return web.Response()
    if handshake is not None:
        return _refusal(handshake, request_id)
    if not authorized(request, config.deepgram_api_key):
        return _refusal(401, request_id)
    return await AgentSocket(request, request_id, world, config, faults, fault).run()


def _refusal(status: int, request_id: str) -> web.Response:
    code, message = _REFUSALS[status]
    return web.json_response({"err_code": code, "err_msg": message, "request_id": request_id}, status=status)
