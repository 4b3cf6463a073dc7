"""One simulated call, placed and watched as any program would: over the REST API and the feed."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings

from callcenter.api_client import ApiClient, ApiError
from callcenter.call_feed import NotFollowed, follow, place
from callcenter.call_view import CallView
from telephony.recording import SIDES
from telephony.speaker import Speaker

DEFAULT_SCENARIO = "clerk"
RECORDED_NUMBER = "+12025550199"
"""The simulator's number for a callee who speaks from a recording."""

CALL_TIMEOUT_S = 180.0
RECORDING_TIMEOUT_S = 20.0
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
            call = place(self._api, {**ERRAND, "target_phone": number})
            self._say(call.message)
            self._check(call.task_id, self._watch(call.session_id))
        except (ApiError, NotFollowed) as error:
            raise DemoFailed(str(error)) from None

    def _watch(self, session_id: str) -> CallView:
        view = CallView()
        for message in follow(self._api, session_id, timeout_s=CALL_TIMEOUT_S):
            for line in view.lines(message):
                self._say(line)
            if view.ended:
                break
        return view

    def _check(self, task_id: str, view: CallView) -> None:
        """Compare what is left with what a good call leaves, and say where the recording is."""
        if (view.state, view.ended_reason) != ("completed", "agent_ended"):
            raise DemoFailed(f"The call ended as {view.state} ({view.ended_reason}), not by the agent.")
        turns = self._api.get(f"/api/tasks/{task_id}/transcript")["turns"]
        missing = set(Speaker) - {turn["speaker"] for turn in turns}
        if missing:
            raise DemoFailed(f"The transcript has no turn of the {' and the '.join(sorted(missing))}.")
        for side in SIDES:
            wav = self._recording(task_id, side)
            if not wav.startswith(b"RIFF") or len(wav) <= WAV_HEADER_BYTES:
                raise DemoFailed(f"The {side} recording is empty.")
            self._say(f"  Recording: {self._api.base_url}/api/tasks/{task_id}/audio?side={side}")
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
