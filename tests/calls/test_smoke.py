"""`scripts/smoke_api.py` and `manage.py doctor` as a person runs them, on a running product."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calls.stack import CALL_TIMEOUT_S, ROOT, Stack
from tests.telephony.twilio.rest_server import Exchange, replies, serving

pytestmark = [pytest.mark.integration, pytest.mark.ws]

BUSY = "+12025550110"
STATES = ("pending -> dialing", "dialing -> active", "active -> ended")
ENDPOINTS = (
    *(
        "GET /health",
        "GET /readyz",
        "GET /api/system/voice-readiness",
        "POST /api/tasks",
        "GET /api/tasks?page_size",
    ),
    *("/call", "/stop", "/analysis", "/transcript", "/transcript?format=srt", "/audio?side=mixed"),
    *("GET /api/calls/", "GET /api/telemetry/recent", "GET /api/telemetry/summary"),
)


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "ENV_FILE": os.devnull, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        output, errors = process.communicate(timeout=CALL_TIMEOUT_S)
    finally:
        process.kill()
    assert "Traceback" not in errors, errors
    return process.returncode, output, errors


def test_a_running_server_passes_with_and_without_a_websocket(stack: Stack, tmp_path: Path) -> None:
    """Each finds the key by itself: by the environment's DATA_ROOT, and by the one in `.env`."""
    smoke = ("scripts/smoke_api.py", "--base-url", stack.url)
    env_file = tmp_path / ".env"
    env_file.write_text(f"DATA_ROOT={stack.data_root}\n")
    followed = start(*smoke, DATA_ROOT=str(stack.data_root))
    polled = start(*smoke, "--no-websocket", ENV_FILE=str(env_file), DATA_ROOT="")
    busy = start(*smoke, "--phone", BUSY, DATA_ROOT=str(stack.data_root))
    for process in (followed, polled):
        status, output, errors = finish(process)
        assert (status, errors) == (0, ""), output + errors
        assert [state for state in STATES if state not in output] == []
        assert [endpoint for endpoint in ENDPOINTS if endpoint not in output] == []
        assert "All is well" in output
    status, _, errors = finish(busy)
    assert (status, errors) == (1, "FAILED: the call ended (busy) before both sides had spoken.\n")


def test_a_server_that_makes_real_calls_is_not_asked_for_one() -> None:
    answers = {
        "/health": (200, {"status": "ok"}),
        "/readyz": (200, {"status": "ready"}),
        "/api/tasks": (401, {}),
        "/api/system/voice-readiness": (200, {"simulated": False, "can_dial_live": True, "to_fix": []}),
    }

    def play(exchange: Exchange) -> None:
        replies(*answers[exchange.path])(exchange)

    with serving(play) as server:
        status, _, errors = finish(
            start("scripts/smoke_api.py", "--base-url", server.url, "--api-key", "key")
        )
    assert (status, "--phone" in errors) == (1, True)
    assert {request.method for request in server.received} == {"GET"}


def test_without_a_key_or_a_server_it_says_so(tmp_path: Path) -> None:
    no_key = start("scripts/smoke_api.py", DATA_ROOT=str(tmp_path))
    no_server = start("scripts/smoke_api.py", "--base-url", "http://127.0.0.1:1", "--api-key", "key")
    status, _, errors = finish(no_key)
    assert (status, "--api-key" in errors) == (1, True)
    status, _, errors = finish(no_server)
    assert (status, "does not answer" in errors) == (1, True)


def test_the_doctor_asks_the_running_server(stack: Stack) -> None:
    port = stack.url.rsplit(":", 1)[1]
    status, output, _ = finish(
        start("manage.py", "doctor", "--json", DATA_ROOT=str(stack.data_root), PORT=port)
    )
    found = json.loads(output)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert (status, found["simulated"], found["can_dial_live"], found["to_fix"]) == (0, True, False, [])
    assert {states[name] for name in ("broker", "worker", "twilio_account", "deepgram_key", "llm")} == {"ok"}
