"""Listening in: who may, what comes first, and that a slow listener loses sound and nobody else anything."""

from __future__ import annotations

import asyncio
import json
import struct
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User

from tasks_app.routing import websocket_urlpatterns
from telephony import bus, services
from telephony.lifecycle import Event
from telephony.models import Call
from telephony.sound import Lane, Piece
from tests.tasks_app.conftest import MakeCall, MakeTask
from tests.tasks_app.feed_client import TIMEOUT_S, in_db

pytestmark = [pytest.mark.ws, pytest.mark.django_db(transaction=True)]

application = URLRouter(websocket_urlpatterns)


@asynccontextmanager
async def listening(name: uuid.UUID, user: User | AnonymousUser) -> AsyncIterator[WebsocketCommunicator]:
    communicator = WebsocketCommunicator(application, f"/ws/call/{name}/audio")
    communicator.scope["user"] = user
    assert (await communicator.connect(timeout=TIMEOUT_S))[0]
    try:
        yield communicator
    finally:
        await communicator.disconnect()


async def closed(socket: WebsocketCommunicator) -> tuple[int, str]:
    while (message := await socket.receive_output(timeout=TIMEOUT_S))["type"] != "websocket.close":
        pass
    return message["code"], message["reason"]


@pytest.fixture
def ringing(make_call: MakeCall) -> Call:
    return make_call(Event.DIAL, Event.RING)


def publish(call: Call, number: int) -> Piece:
    piece = Piece(Lane(number % 2), number * 50.5, bytes([number % 256]) * 400)
    bus.publish_sound(call.pk, piece.to_json(), far=False)
    return piece


async def test_the_format_comes_first_and_then_both_lanes(ringing: Call, alice: User) -> None:
    wanted: list[dict[str, Any]] = []
    with bus.on_command(ringing.pk, wanted.append):
        async with listening(ringing.pk, alice) as socket:
            told = json.loads(await socket.receive_from(timeout=TIMEOUT_S))
            assert (told["type"], told["encoding"], told["sample_rate"]) == ("format", "mulaw", 8000)
            assert told["lanes"] == ["caller", "agent"]
            for number in range(4):
                piece = publish(ringing, number)
                message = await socket.receive_from(timeout=TIMEOUT_S)
                lane, start_ms = struct.unpack_from(">Bd", message)
                assert (told["lanes"][lane], start_ms) == (piece.lane.name.lower(), piece.start_ms)
                assert message[told["header_bytes"] :] == piece.audio
    assert wanted == [{"type": "listen", "far": True}]


async def test_strangers_hear_nothing(ringing: Call, bob: User, make_task: MakeTask) -> None:
    async with listening(ringing.pk, bob) as socket:
        assert (await closed(socket))[0] == 4404
    async with listening(ringing.pk, AnonymousUser()) as socket:
        assert (await closed(socket))[0] == 4401
    async with listening(uuid.uuid4(), bob) as socket:
        assert (await closed(socket))[0] == 4404


async def test_it_ends_with_the_call_and_a_task_without_call_has_none(
    ringing: Call, alice: User, make_task: MakeTask
) -> None:
    task = await in_db(make_task)
    async with listening(task.pk, alice) as socket:
        assert await closed(socket) == (4404, "This task was not called yet.")
    await in_db(services.call_advance, call_id=ringing.pk, event=Event.BUSY)
    async with listening(ringing.task_id, alice) as socket:
        assert await closed(socket) == (4410, "The call is over.")


async def test_a_call_that_another_process_holds_cannot_be_heard_without_redis(
    alice: User, make_call: MakeCall
) -> None:
    call = await in_db(make_call, Event.ANSWER)
    async with listening(call.pk, alice) as socket:
        assert (await closed(socket))[0] == 4503


async def test_a_slow_listener_loses_the_oldest_and_is_told_and_others_lose_nothing(
    ringing: Call, alice: User
) -> None:
    """The slow one is an ASGI server whose client does not read: its `send` waits."""
    sent: list[dict[str, Any]] = []
    reads = asyncio.Event()
    leaves: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    leaves.put_nowait({"type": "websocket.connect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message.get("bytes"):
            await reads.wait()

    scope = {"type": "websocket", "path": f"/ws/call/{ringing.pk}/audio", "query_string": b"", "headers": []}
    slow = asyncio.create_task(application({**scope, "user": alice}, leaves.get, send))
    published = bus.SOUND_QUEUE_SIZE + 30
    async with listening(ringing.pk, alice) as quick:
        await quick.receive_from(timeout=TIMEOUT_S)
        async with asyncio.timeout(TIMEOUT_S):
            while not any("format" in message.get("text", "") for message in sent):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for number in range(published):
            piece = publish(ringing, number)
            message = await quick.receive_from(timeout=TIMEOUT_S)
            assert message[9:] == piece.audio
    reads.set()
    async with asyncio.timeout(TIMEOUT_S):
        while sum("bytes" in message and message["bytes"] is not None for message in sent) < 121:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    leaves.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await slow
    told = [json.loads(message["text"]) for message in sent if message.get("text")]
    assert told[1:] == [{"type": "dropped", "pieces": published - 1 - bus.SOUND_QUEUE_SIZE}]
    last = [message["bytes"] for message in sent if message.get("bytes")][-1]
    assert struct.unpack_from(">Bd", last)[1] == (published - 1) * 50.5
