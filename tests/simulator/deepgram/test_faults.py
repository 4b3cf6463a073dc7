"""Faults on demand, as a client at the other end of a real socket meets them."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from .conftest import DEADLINE_S, FAST, SETTINGS, AgentServer, Caller, settings

pytestmark = [pytest.mark.integration, pytest.mark.ws]

SILENT = settings(greeting=None)
SLOW = replace(FAST, audio_speed=1.0)
LONG = settings(greeting="Hello, this is a greeting which goes on for a good while so that it is cut off.")


async def started(agent: AgentServer, fault: dict[str, Any], message: dict[str, Any] = SILENT) -> Caller:
    """A caller whose session has this fault."""
    assert (await agent.faults(fault))[0] == 200
    caller = await agent.connect()
    await caller.start(message)
    return caller


async def pongs(caller: Caller, *, within_s: float) -> bool:
    try:
        await asyncio.wait_for(await caller.socket.ping(), within_s)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("status", [401, 402, 429, 500])
async def test_a_refused_handshake(agent: AgentServer, status: int) -> None:
    await agent.faults({"handshake": status})
    with pytest.raises(InvalidStatus) as refused:
        await agent.connect()

    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["err_msg"]
    await agent.connect()


async def test_a_connection_reset_before_the_handshake(agent: AgentServer) -> None:
    await agent.faults({"handshake": "refuse"})
    port = int((await agent.http_url()).rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /v1/agent/converse HTTP/1.1\r\nHost: x\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), DEADLINE_S)
    writer.close()
    await agent.connect()


async def test_a_handshake_that_hangs_until_the_client_gives_up(agent: AgentServer) -> None:
    await agent.faults({"handshake": "hang"})

    with pytest.raises(TimeoutError):
        await agent.connect(open_timeout=0.2)
    await agent.connect()


async def test_an_error_before_settings(agent: AgentServer) -> None:
    await agent.faults({"error_before_settings": "SERVER_GOING_AWAY"})
    caller = await agent.connect()

    await caller.until("Error", code="SERVER_GOING_AWAY")
    assert await caller.closed() == 1000


async def test_an_error_in_place_of_settings_applied(agent: AgentServer) -> None:
    await agent.faults({"error_after_settings": "FAILED_TO_START_LISTENING"})
    caller = await agent.connect()
    await caller.send(SETTINGS)

    await caller.until("Error", code="FAILED_TO_START_LISTENING")
    assert await caller.closed() == 1000
    assert caller.kinds() == ["Welcome", "Error"]
    assert (await caller.noted("agent_closed"))["error"] == "FAILED_TO_START_LISTENING"


async def test_an_error_in_the_middle(agent: AgentServer) -> None:
    caller = await started(agent, {"error": "ASR_CONNECTION_CLOSED", "error_after_ms": 50})

    await caller.until("Error", code="ASR_CONNECTION_CLOSED")
    assert await caller.closed() == 1000
    closed = await caller.noted("agent_closed")
    assert (closed["by"], closed["code"], closed["error"]) == ("agent", 1000, "ASR_CONNECTION_CLOSED")
    assert (await caller.noted("agent_fault"))["event"] == "error"


async def test_a_clean_close_without_a_word(agent: AgentServer) -> None:
    caller = await started(agent, {"close_after_ms": 50})

    assert await caller.closed() == 1000
    assert caller.kinds() == ["Welcome", "SettingsApplied"]
    closed = await caller.noted("agent_closed")
    assert (closed["by"], closed["code"], closed["error"]) == ("agent", 1000, None)


async def test_a_connection_reset_in_the_middle(agent: AgentServer) -> None:
    caller = await started(agent, {"abort_after_ms": 50}, LONG)

    assert await caller.closed() == 1006
    with pytest.raises(ConnectionClosedError) as lost:
        await caller.send(b"\xff" * 160)
    assert isinstance(lost.value.__cause__, ConnectionResetError)
    assert (await caller.noted("agent_closed"))["by"] == "agent"


async def test_a_stall_keeps_socket_and_pings_and_nothing_else(agent: AgentServer) -> None:
    caller = await started(agent, {"stall_after_ms": 0})
    await caller.noted("agent_fault")
    before = len(caller.received)
    await caller.say("How can I help you?")
    await caller.send({"type": "InjectAgentMessage", "message": "Are you there?"})

    assert await pongs(caller, within_s=2)
    assert len(caller.received) == before
    await caller.socket.close()
    assert caller.socket.close_code == 1000
    assert (await caller.noted("agent_closed"))["by"] == "client"


async def test_a_stall_in_the_middle_of_speech(agent: AgentServer) -> None:
    assert (await agent.faults({"stall_after_ms": 200}, SLOW))[0] == 200
    caller = await agent.connect(SLOW)
    await caller.start(LONG)
    await caller.noted("agent_fault")
    assert await pongs(caller, within_s=2)

    assert caller.all("audio")
    assert not caller.all("AgentAudioDone")


async def test_a_black_hole_answers_nothing(agent: AgentServer) -> None:
    assert (await agent.faults({"blackhole_after_ms": 0}))[0] == 200
    caller = await agent.connect(close_timeout=0.2)
    await caller.start(SILENT)
    await caller.noted("agent_fault")

    assert not await pongs(caller, within_s=0.3)
    await caller.socket.close()
    assert caller.socket.close_code == 1006
    assert (await caller.noted("agent_closed"))["by"] == "client"


async def test_a_close_that_is_never_answered(agent: AgentServer) -> None:
    assert (await agent.faults({"never_close": True}))[0] == 200
    caller = await agent.connect(close_timeout=0.2)
    await caller.start_and_be_greeted()
    assert await pongs(caller, within_s=2)

    await caller.socket.close()
    assert caller.socket.close_code == 1006


async def test_transcription_that_stalls(agent: AgentServer) -> None:
    caller = await started(agent, {"stt_stall_after_ms": 0})
    await caller.noted("transcription_stopped")
    await caller.say("How can I help you?")
    await caller.say("Hello?")
    await caller.until("UserStartedSpeaking", count=2)
    assert await pongs(caller, within_s=2)

    assert set(caller.kinds()) == {"Welcome", "SettingsApplied", "UserStartedSpeaking"}


async def test_a_slow_model_is_warned_of(agent: AgentServer) -> None:
    timings = replace(FAST, slow_think_warning_s=0.1)
    assert (await agent.faults({"slow_think_ms": 250}, timings))[0] == 200
    caller = await agent.connect(timings)
    await caller.start_and_be_greeted()
    sent_s = time.monotonic()
    await caller.send({"type": "InjectUserMessage", "content": "Are you a robot?"})
    answered = await caller.until("ConversationText", content="I am an AI assistant.")

    assert answered.at_s - sent_s >= 0.25
    warnings = [item.body["description"] for item in caller.all("Warning", code="SLOW_THINK_REQUEST")]
    assert warnings == [
        f"We have now waited {seconds} seconds for a think response." for seconds in (0.1, 0.2)
    ]


async def test_faults_strike_as_often_as_asked_and_in_order(agent: AgentServer) -> None:
    await agent.faults({"handshake": 429, "times": 2})
    status, planned = await agent.faults({"handshake": 500})
    assert (status, planned) == (
        200,
        {"faults": [{"handshake": 429, "times": 2}, {"handshake": 500, "times": 1}]},
    )

    statuses = []
    for _ in range(3):
        with pytest.raises(InvalidStatus) as refused:
            await agent.connect()
        statuses.append(refused.value.response.status_code)
    assert statuses == [429, 429, 500]
    await agent.connect()


async def test_faults_are_taken_back(agent: AgentServer) -> None:
    await agent.faults({"handshake": 429})

    assert await agent.faults({}) == (200, {"faults": []})
    await agent.connect()


@pytest.mark.parametrize(
    ("chosen", "strikes"),
    [
        ({"call_sid": "CA1"}, True),
        ({"call_sid": "CA2"}, False),
        ({"to": "+12025550100"}, True),
        ({"to": "+12025550101"}, False),
    ],
)
async def test_a_fault_for_one_call(agent: AgentServer, chosen: dict[str, str], strikes: bool) -> None:
    agent.world.room("CA1").to = "+12025550100"
    await agent.faults({"error_after_settings": "INVALID_SETTINGS", **chosen})
    caller = await agent.connect()
    await caller.send(SETTINGS)

    await caller.until("Error" if strikes else "SettingsApplied")


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ({"stal_after_ms": 1}, "stal_after_ms"),
        ({"stall_after_ms": "1"}, "stall_after_ms"),
        ({"stall_after_ms": -1}, "stall_after_ms"),
        ({"handshake": 404}, "handshake"),
        ({"error_after_settings": "OOPS"}, "error_after_settings"),
        ({"error_after_ms": 5}, "'error'"),
        ({"handshake": 401, "to": "+12025550100"}, "'to'"),
        ({"times": 2}, "name a fault"),
        ({"never_close": True, "times": 0}, "times"),
        ([], "fault"),
    ],
)
async def test_a_request_that_is_no_fault_is_refused(agent: AgentServer, fault: Any, names: str) -> None:
    status, answer = await agent.faults(fault)

    assert status == 400
    assert names in answer["error"]
    assert await agent.faults({}) == (200, {"faults": []})


async def test_a_client_that_vanishes_in_a_hole_leaves_nothing_behind(agent: AgentServer) -> None:
    caller = await started(agent, {"blackhole_after_ms": 0})
    await caller.noted("agent_fault")
    raw = caller.socket.transport.get_extra_info("socket")
    raw.shutdown(socket.SHUT_RDWR)

    assert (await caller.noted("agent_closed"))["sent_bytes"] == 0
