"""A simulator with callees made for tests, and a service that plays the product's part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from simulator.config import SimulatorConfig
from simulator.server import Simulator
from tests.simulator.twilio.service import DEADLINE_S, Service

FROM = "+12025550000"
QUIET = "+12025550100"
"""Answers at once and says nothing."""
GREETER = "+12025550120"
"""Says hello, presses a key when asked for the code, hangs up when told to."""
SLOW = "+12025550121"
"""Rings for a minute."""
BRIEF = "+12025550109"
"""Hangs up 300 ms after answering."""
REFUSED = "+12025550122"
"""The API refuses to call it."""
BUSY = "+12025550110"
MENU = "+12025550103"
"""A menu in which 2 leads to a person."""
FAILED = "+12025550112"
ALL_EVENTS = ["initiated", "ringing", "answered", "completed"]

_CALLEES = {
    "clerk": f"number: '{QUIET}'\nring_s: 0.02\npatience_s: 60",
    "greeter": f"""number: '{GREETER}'
ring_s: 0.02
seed: 7
greeting: {{say: Hello., after_ms: 100}}
end_of_turn_ms: 200
replies:
  - {{hear: code, say: Here., press: '7#'}}
  - {{hear: hang up, say: Fine., then: hang_up}}""",
    "slow": f"number: '{SLOW}'\nring_s: 60",
    "busy": f"number: '{BUSY}'\nring_s: 0.02\noutcome: busy",
    "menu": f"""number: '{MENU}'
ring_s: 0.02
end_of_turn_ms: 200
machine: {{kind: menu, say: 'Press 1 for somebody else. Press 2 for a person.', \
  choices: {{'2': One moment.}}}}
greeting: {{say: Hello., after_ms: 100}}
replies:
  - {{hear: hang up, say: Fine., then: hang_up}}""",
    "brief": f"number: '{BRIEF}'\nring_s: 0.02\nstays_s: 0.3",
    "refused": f"""number: '{REFUSED}'
outcome: refused
refusal: {{status: 429, code: 20429, message: Too Many Requests}}""",
    "failed": f"number: '{FAILED}'\nring_s: 0.02\noutcome: failed\nsip_code: 404",
}


@dataclass
class Phone:
    """The real SDK, pointed at a simulator, and the simulator's own account of each call."""

    simulator: Simulator
    service: Service
    client: Client
    http: aiohttp.ClientSession

    async def rest(self, work: Callable[[], Any]) -> Any:
        """Run a blocking SDK call off the event loop."""
        return await asyncio.to_thread(work)

    async def call(self, to: str = QUIET, **options: object) -> CallInstance:
        """Place a call that asks /voice and tells /status everything, unless `options` say otherwise."""
        wanted: dict[str, Any] = {
            "url": f"{self.service.url}/voice",
            "status_callback": f"{self.service.url}/status",
            "status_callback_event": ALL_EVENTS,
        }
        wanted |= options
        return await self.rest(lambda: self.client.calls.create(to=to, from_=FROM, **wanted))

    async def update(self, sid: str | None, **options: Any) -> CallInstance:
        """Update a call."""
        return await self.rest(lambda: self.client.calls(sid or "").update(**options))

    async def faults(self, faults: dict[str, Any]) -> None:
        """Put faults in force."""
        async with self.http.post(f"{self.simulator.url}/simulator/faults", json=faults) as response:
            assert response.status == 200, await response.text()

    async def control(self, path: str) -> Any:
        """GET something of the control API."""
        async with self.http.get(f"{self.simulator.url}/simulator/{path}") as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def truth(self, sid: str | None) -> dict[str, Any]:
        """What the simulator knows of the call."""
        async with self.http.get(f"{self.simulator.url}/simulator/calls/{sid}") as response:
            assert response.status == 200
            found: dict[str, Any] = await response.json()
            return found

    async def audio(self, sid: str | None, name: str) -> tuple[bytes, float, int]:
        """heard.ulaw or said.ulaw: the bytes, the stream's epoch in ms, the timestamp of the first byte."""
        async with self.http.get(f"{self.simulator.url}/simulator/calls/{sid}/{name}") as response:
            assert response.status == 200
            epoch_ms = float(response.headers["X-Stream-Epoch-Ms"])
            return await response.read(), epoch_ms, int(response.headers["X-First-Timestamp-Ms"])

    async def ended(self, sid: str | None) -> dict[str, Any]:
        """The truth about a call, once it is over."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                truth = await self.truth(sid)
                if truth["ended_by"] is not None and truth["duration_s"] is not None:
                    return truth
                await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def scenarios_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenarios")
    for name, text in _CALLEES.items():
        (folder / f"{name}.yaml").write_text(f"name: {name}\ndescription: for tests\n{text}\n")
    return folder


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as running:
        yield running


@pytest_asyncio.fixture
async def phone(scenarios_dir: Path, service: Service) -> AsyncIterator[Phone]:
    config = SimulatorConfig(scenarios_dir=scenarios_dir)
    client = Client(config.twilio_account_sid, config.twilio_auth_token)
    async with Simulator(config) as simulator, aiohttp.ClientSession() as http:
        client.api.base_url = simulator.url
        yield Phone(simulator, service, client, http)
