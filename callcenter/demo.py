"""One simulated call, placed and watched as any program would: over the REST API and the feed."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from callcenter.api_client import ApiClient, ApiError
from callcenter.call_view import CallView

DEFAULT_SCENARIO = "clerk"
RECORDED_NUMBER = "+12025550199"
"""The simulator's number for a callee who speaks from a recording."""

CALL_TIMEOUT_S = 180.0
RECORDING_TIMEOUT_S = 20.0
SIDES = ("inbound", "outbound", "mixed")
WAV_HEADER_BYTES = 44

ERRAND = {
    "task_type": "bill_reduction",
    "objective": "Lower the monthly internet bill from 85 dollars to 60.",
    "context": "Customer for six years, always paid on time. A competitor offers the same speed for 55.",
    "target_outcome": "60 dollars a month or less, confirmed for twelve months.",
    "walkaway_point": "75 dollars a month",
    "agent_persona": "Friendly and well prepared.",
    "style": "collaborative",
}


class DemoFailed(Exception):
    """The call did not go as it should; the message says what was missing."""


class Demo:
    """Places the call and shows it; `run` blocks until it is over."""

    def __init__(
        self, *, base_url: str, api_key: str, simulator_url: str, say: Callable[[str], None]
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._api = ApiClient(base_url, api_key)
        self._simulator = ApiClient(simulator_url, "")
        self._say = say

    def number_of(self, scenario: str) -> str:
        """Whom to call.

        Raises:
            DemoFailed: naming the scenarios there are.
        """
        scenarios = {row["name"]: row["number"] for row in self._simulator.get("/simulator/scenarios")}
        if scenario not in scenarios:
            raise DemoFailed(f"--scenario: there is no {scenario}. There are {', '.join(sorted(scenarios))}.")
        return str(scenarios[scenario])

    def run(self, number: str) -> None:
        """Place the call, show it live, and check what it left.

        Raises:
            DemoFailed: when it was refused, or did not complete as it should.
        """
        try:
            task = self._api.post(
                "/api/tasks", {**ERRAND, "target_phone": number}, idempotency_key=_new_key()
            )
            view = asyncio.run(asyncio.wait_for(self._call_and_follow(str(task["id"])), CALL_TIMEOUT_S))
            self._check(str(task["id"]), view)
        except ApiError as error:
            raise DemoFailed(str(error)) from None
        except TimeoutError:
            raise DemoFailed(f"The call was not over after {CALL_TIMEOUT_S:.0f} s.") from None
        except (OSError, WebSocketException) as error:
            raise DemoFailed(f"The feed of the call was lost ({error}).") from None

    async def _call_and_follow(self, task_id: str) -> CallView:
        view = CallView()
        address = f"{self._base_url.replace('http', 'ws', 1)}/ws/call/{task_id}"
        headers = {"Authorization": f"Bearer {self._api_key}"}
        async with connect(address, additional_headers=headers, proxy=None) as feed:
            answer = await asyncio.to_thread(
                self._api.post, f"/api/tasks/{task_id}/call", {}, idempotency_key=_new_key()
            )
            self._say(str(answer["message"]))
            while not view.ended:
                for line in view.lines(json.loads(await feed.recv())):
                    self._say(line)
        return view

    def _check(self, task_id: str, view: CallView) -> None:
        """Compare what is left with what a good call leaves, and say where the recording is."""
        if (view.state, view.ended_reason) != ("completed", "agent_ended"):
            raise DemoFailed(f"The call ended as {view.state} ({view.ended_reason}), not by the agent.")
        turns = self._api.get(f"/api/tasks/{task_id}/transcript")["turns"]
        missing = {"caller", "agent"} - {turn["speaker"] for turn in turns}
        if missing:
            raise DemoFailed(f"The transcript has no turn of the {' and the '.join(sorted(missing))}.")
        for side in SIDES:
            wav = self._recording(task_id, side)
            if not wav.startswith(b"RIFF") or len(wav) <= WAV_HEADER_BYTES:
                raise DemoFailed(f"The {side} recording is empty.")
            self._say(f"  Recording: {self._base_url}/api/tasks/{task_id}/audio?side={side}")
        self._say(f"  Files: {settings.DATA_ROOT / 'recordings'}")

    def _recording(self, task_id: str, side: str) -> bytes:
        """The WAV, once the worker has made it."""
        deadline = time.monotonic() + RECORDING_TIMEOUT_S
        while True:
            try:
                return self._api.get_bytes(f"/api/tasks/{task_id}/audio?side={side}")
            except ApiError as error:
                if error.status not in (404, 409, 425) or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)


def _new_key() -> str:
    return str(uuid.uuid4())
