"""The checks as a running server sees them, with the broker, the worker and the simulator that only it knows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from callcenter.api_client import ApiClient
from callcenter.readiness.report import Check, Readiness, State


def remote_readiness(api: ApiClient) -> Readiness:
    """What `GET /api/system/voice-readiness` answers.

    Raises:
        ApiError: there is no server, it refuses the key, or it is another program.
    """
    return _read(api.get("/api/system/voice-readiness"))


def _read(body: dict[str, Any]) -> Readiness:
    return Readiness(
        checks=tuple(
            Check(row["name"], State(row["state"]), row["message"], row["fix"]) for row in body["checks"]
        ),
        checked_at=dt.datetime.fromisoformat(body["checked_at"]),
        simulated=body["simulated"],
        twilio_configured=body["twilio_configured"],
        deepgram_configured=body["deepgram_configured"],
        deepgram_voice_agent_enabled=body["deepgram_voice_agent_enabled"],
        llm_provider=body["llm_provider"],
    )
