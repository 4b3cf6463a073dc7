"""Every scenario of the simulator called once, and what the feed told of each call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from callcenter.api_client import ApiClient, ApiError
from callcenter.call_feed import Message, follow, place
from tasks_app.services import TaskFields
from telephony.lifecycle import TERMINAL

CALL_TIMEOUT_S = 180.0

ERRAND: TaskFields = {
    "task_type": "bill_reduction",
    "objective": "Lower the monthly internet bill from 85 dollars to 60.",
    "context": "Customer for six years, always paid on time. The customer number is 4711.",
    "target_outcome": "60 dollars a month or less, confirmed for twelve months.",
    "walkaway_point": "75 dollars a month",
    "style": "collaborative",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Somebody the simulator answers for; `stop_at` is the state at which we stop the call ourselves."""

    name: str
    number: str
    description: str
    stop_at: str = ""


@dataclass(slots=True)
class ScenarioRun:
    """A call to a scenario, as its feed told it; a refused one has no events."""

    scenario: Scenario
    refusal: str = ""
    refusal_detail: str = ""
    events: list[Message] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of every event of a type, in order."""
        return [event["data"] for event in self.events if event["type"] == kind]


def scenarios_of(simulator: ApiClient) -> list[Scenario]:
    """Whoever can be called, by number; and once more the one who lets it ring, stopped by us meanwhile."""
    rows = simulator.get("/simulator/scenarios")
    known = [Scenario(row["name"], row["number"], row["description"]) for row in rows]
    stopped = [
        Scenario("stopped_while_ringing", one.number, "We stop the call while it rings.", stop_at="ringing")
        for one in known
        if one.name == "slow_answer"
    ]
    return sorted(known, key=lambda one: one.number) + stopped


def run_all(
    api: ApiClient, scenarios: list[Scenario], *, at_once: int, done: Callable[[ScenarioRun], None]
) -> list[ScenarioRun]:
    """Call every scenario, `at_once` at a time; `done` hears of each as it ends, from a thread.

    Raises:
        ApiError: the server does not answer.
        NotFollowed: a call was not over in time.
    """

    def run(scenario: Scenario) -> ScenarioRun:
        result = run_one(api, scenario)
        done(result)
        return result

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(run, scenarios))


def run_one(api: ApiClient, scenario: Scenario) -> ScenarioRun:
    """Call one scenario and follow the call until it is over and, if it was answered, its recording is closed."""
    result = ScenarioRun(scenario)
    try:
        call = place(api, {**ERRAND, "target_phone": scenario.number})
    except ApiError as error:
        if error.status == 0:
            raise
        result.refusal, result.refusal_detail = error.code, str(error)
        return result
    over = recorded = answered = False
    for message in follow(api, call.session_id, timeout_s=CALL_TIMEOUT_S):
        result.events.append(message)
        if message["type"] == "call_status":
            state = message["data"]["state"]
            over = over or state in TERMINAL
            if state == scenario.stop_at:
                api.post(f"/api/tasks/{call.task_id}/stop", {})
        answered = answered or message["type"] == "stream"
        recorded = recorded or message["type"] == "recording"
        if over and (recorded or not answered):
            return result
    raise AssertionError("a feed does not end")
