"""Who may be the person called from a browser, and when not."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from pytest_django import Settings

from simulator.callee.visitor import VISITOR
from simulator.server import Simulator
from tasks_app.routing import websocket_urlpatterns
from tasks_app.talk import VISITOR_NUMBER
from telephony import services
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall
from tests.tasks_app.feed_client import TIMEOUT_S, in_db
from tests.telephony.simulated import running_simulator

pytestmark = [pytest.mark.ws, pytest.mark.django_db(transaction=True)]

HERE, ELSEWHERE = b"127.0.0.1:3001", b"calls.example.com"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _simulated(settings: Settings, simulator: Simulator) -> None:
    settings.SIMULATED = True
    settings.TWILIO_API_BASE_URL = simulator.url


@pytest.fixture
def ringing(make_call: MakeCall) -> Call:
    call = make_call(Event.DIAL, Event.RING)
    services.call_identify(call_id=call.pk, call_sid="CA" + "5" * 32)
    return call


@asynccontextmanager
async def talking(
    name: uuid.UUID, user: User | AnonymousUser, host: bytes = HERE, scheme: str = "ws"
) -> AsyncIterator[WebsocketCommunicator]:
    communicator = WebsocketCommunicator(
        URLRouter(websocket_urlpatterns), f"/ws/talk/{name}", headers=[(b"host", host)]
    )
    communicator.scope |= {"user": user, "scheme": scheme}
    assert (await communicator.connect(timeout=TIMEOUT_S))[0]
    try:
        yield communicator
    finally:
        await communicator.disconnect()


async def closed(socket: WebsocketCommunicator) -> tuple[int, str]:
    message = await socket.receive_output(timeout=TIMEOUT_S)
    assert message["type"] == "websocket.close", message
    return message["code"], message["reason"]


def test_both_sides_mean_the_same_number() -> None:
    assert VISITOR.number == VISITOR_NUMBER


async def test_with_real_telephones_there_is_nobody_to_be(
    ringing: Call, alice: User, settings: Settings
) -> None:
    settings.SIMULATED = False
    async with talking(ringing.pk, alice) as socket:
        assert (await closed(socket))[0] == 4403


@pytest.mark.parametrize(
    ("host", "scheme", "code"),
    [
        (ELSEWHERE, "ws", 4403),
        (ELSEWHERE, "wss", 4410),
        (b"localhost", "ws", 4410),
        (b"[::1]:3001", "ws", 4410),
    ],
)
async def test_a_page_must_be_one_that_may_have_a_microphone(
    ringing: Call, alice: User, host: bytes, scheme: str, code: int
) -> None:
    async with talking(ringing.pk, alice, host, scheme) as socket:
        assert (await closed(socket))[0] == code  # 4410: the simulator was asked, and knows no such call


async def test_strangers_take_no_phone(ringing: Call, bob: User) -> None:
    async with talking(ringing.pk, bob) as socket:
        assert (await closed(socket))[0] == 4404
    async with talking(ringing.pk, AnonymousUser()) as socket:
        assert (await closed(socket))[0] == 4401


async def test_a_call_that_is_over_cannot_be_taken(ringing: Call, alice: User) -> None:
    await in_db(services.call_advance, call_id=ringing.pk, event=Event.NO_ANSWER)
    async with talking(ringing.pk, alice) as socket:
        assert await closed(socket) == (4410, "The call is over.")


async def test_a_simulator_that_is_away_is_named(ringing: Call, alice: User, settings: Settings) -> None:
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    async with talking(ringing.pk, alice) as socket:
        assert await closed(socket) == (4502, "The simulator is away.")


def test_the_page_is_there_only_with_the_simulator(alice: User, settings: Settings) -> None:
    browser = Client()
    assert browser.get("/talk/").status_code == 302
    browser.force_login(alice)
    assert VISITOR_NUMBER in browser.get("/talk/").content.decode()
    settings.SIMULATED = False
    assert browser.get("/talk/").status_code == 404
