"""The simulated Deepgram management API, as far as a check of a key needs it: `GET /v1/projects`.

Source: Deepgram API reference "List projects"; the body of the refusal follows "API errors".
"""

from __future__ import annotations

import uuid

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.deepgram.agent import authorized

_PROJECT_ID = "00000000-0000-4000-8000-000000000001"


def project_routes(config: SimulatorConfig) -> list[web.AbstractRouteDef]:
    """The one project there is, for whoever has the key."""

    async def projects(request: web.Request) -> web.Response:
        if authorized(request, config.deepgram_api_key):
            project = {"project_id": _PROJECT_ID, "name": "Simulated project"}
            return web.json_response({"projects": [project]})
        body = {
            "err_code": "INVALID_AUTH",
            "err_msg": "Invalid credentials.",
            "request_id": str(uuid.uuid4()),
        }
        return web.json_response(body, status=401)

    return [web.get("/v1/projects", projects)]
