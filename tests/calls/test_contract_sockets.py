"""The contract's WebSockets and Twilio's own endpoints, on a running product with a finished call."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.calls.rest import ask
from tests.calls.stack import PlacedCall, Stack, create_task, start_call

pytestmark = [pytest.mark.integration, pytest.mark.ws]

SLOW = "+12025550117"
EVENT = {"seq", "session_id", "type", "data", "timestamp"}


@pytest.fixture
def clerk(placed: dict[str, PlacedCall]) -> PlacedCall:
    """The finished call that is looked at."""
    return placed["clerk"]


def opened(stack: Stack, path: str) -> connect:
    """A socket of the product, with the API key."""
    url = f"{stack.url.replace('http', 'ws', 1)}/ws/call/{path}"
    return connect(url, additional_headers={"Authorization": f"Bearer {stack.api_key}"})


async def first_messages(stack: Stack, path: str, count: int = 1) -> list[dict[str, Any]]:
    async with opened(stack, path) as socket, asyncio.timeout(20):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def test_it_begins_with_a_snapshot_by_task_and_by_session(stack: Stack, clerk: PlacedCall) -> None:
    for identity in (clerk.task["id"], clerk.session_id):
        [snapshot] = await first_messages(stack, identity)
        assert set(snapshot) == EVENT
        assert (snapshot["type"], snapshot["session_id"]) == ("snapshot", clerk.session_id)
        assert snapshot["data"]["call"]["state"] == "completed"
        assert len(snapshot["data"]["turns"]) >= 2


async def test_after_replays_the_rest_of_one_session(stack: Stack, clerk: PlacedCall) -> None:
    last = clerk.events[-1]["seq"]
    told = await first_messages(stack, f"{clerk.session_id}?after={last - 3}", count=3)
    assert told == clerk.events[-3:]


async def test_a_tasks_socket_opens_with_no_call_and_begins_anew_with_one(stack: Stack) -> None:
    async with stack.client() as client:
        task = await create_task(client, SLOW)
        async with opened(stack, task["id"]) as socket, asyncio.timeout(20):
            before = json.loads(await socket.recv())
            assert (before["type"], before["session_id"], before["data"]["call"]) == ("snapshot", None, None)
            session_id = await start_call(client, task["id"])
            fresh = json.loads(await socket.recv())
            assert (fresh["type"], fresh["session_id"]) == ("snapshot", session_id)
        async with client.post(f"/api/tasks/{task['id']}/stop") as answer:
            assert answer.status == 200


def test_the_events_have_the_contracts_form_and_types(placed: dict[str, PlacedCall]) -> None:
    events = [event for call in placed.values() for event in call.events]
    assert all(set(event) == EVENT for event in events)
    assert {"call_status", "transcript_update", "agent_thinking", "strategy_update"} <= {
        event["type"] for event in events
    }


async def test_the_verdict_is_told(stack: Stack, clerk: PlacedCall) -> None:
    async with opened(stack, f"{clerk.session_id}?after=0") as socket, asyncio.timeout(60):
        while (message := json.loads(await socket.recv()))["type"] != "analysis_ready":
            assert message["seq"] is not None
    assert message["data"]["state"] == "ready"


async def test_others_are_turned_away(stack: Stack, clerk: PlacedCall) -> None:
    url = f"{stack.url.replace('http', 'ws', 1)}/ws/call/{clerk.session_id}"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            async with connect(url, additional_headers=headers) as socket:
                await socket.recv()


async def test_a_call_that_is_over_cannot_be_listened_in_to(stack: Stack, clerk: PlacedCall) -> None:
    async with opened(stack, f"{clerk.session_id}/audio") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                json.loads(await socket.recv())
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4410


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/status"])
def test_twilios_hooks_refuse_whoever_is_not_twilio(stack: Stack, path: str) -> None:
    assert ask(stack, "POST", path, {}, key="").status == 403


async def test_twilios_stream_refuses_whoever_is_not_twilio(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{stack.url.replace('http', 'ws', 1)}/twilio/media-stream"):
            pass
    assert refused.value.response.status_code == 403
