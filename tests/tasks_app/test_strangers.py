"""Every route, asked by everybody: what is not yours is not there, and the walk-away point is nobody's."""

from __future__ import annotations

import wave
from collections.abc import Callable
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.urls import URLPattern
from rest_framework.test import APIClient

from tasks_app import page_urls, urls
from tasks_app.analysis import not_reached
from tasks_app.models import Analysis
from tasks_app.routing import websocket_urlpatterns
from telephony import bus, recording
from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall, MakeTask, record, say, signed_in, with_key
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

CANARY = "c4n4ry-w4lk-4w4y"
POSTS = {"task-call": {}, "task-stop": {}, "call-action": {"type": "mute"}}
IN_VAIN = {"task-call", "call-action"}
"""What the owner of a call that is over is refused."""

API = [route for route in urls.urlpatterns if isinstance(route, URLPattern)]
PAGES = page_urls.urlpatterns
SHOWING_THE_LIMIT = {"task-edit"}
"""Where owners see and change what they wrote."""


@pytest.fixture
def call(make_call: MakeCall, make_task: MakeTask) -> Call:
    """A finished, recorded call of Alice's, with turns, on a task with a limit."""
    call = make_call(Event.ANSWER, task=make_task(walkaway_point=CANARY))
    say(call, 1, "caller", "Hello?", 300)
    record(call)
    Analysis.objects.create(
        call=call, state=Analysis.State.READY, verdict=not_reached("").model_dump(), raw_answer=CANARY
    )
    path = recording.wav_path(call.pk, "mixed")
    path.parent.mkdir(parents=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4 * 8000))
    return call


def ask(client: APIClient, route: URLPattern, call: Call) -> Any:
    """Ask one route about the call or its task, by the method it is for."""
    path = "/" + str(route.pattern).replace("<id:task_id>", str(call.task_id))
    path = path.replace("<id:call_id>", str(call.pk)).replace("<slug:name>", "verdict")
    body = POSTS.get(_name(route))
    return client.get(path) if body is None else client.post(path, body, format="json")


def _name(route: URLPattern) -> str:
    return (route.name or "").removesuffix("/")


def _pattern(route: URLPattern) -> str:
    return str(route.pattern)


def about_one(routes: list[URLPattern]) -> list[URLPattern]:
    """Those that are about one task or call."""
    return [route for route in routes if "<id:" in _pattern(route)]


every_route = pytest.mark.parametrize("route", API, ids=_pattern)
every_route_about_one = pytest.mark.parametrize("route", about_one(API), ids=_pattern)
every_page = pytest.mark.parametrize("route", PAGES, ids=_pattern)
every_page_about_one = pytest.mark.parametrize("route", about_one(PAGES), ids=_pattern)


@every_route
def test_nobody_learns_anything(route: URLPattern, call: Call, twilio: TwilioRest) -> None:
    answer = ask(APIClient(), route, call)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("come_in", [signed_in, with_key])
@every_route_about_one
def test_to_a_stranger_it_is_not_there(
    route: URLPattern, come_in: Callable[[User], APIClient], call: Call, bob: User, twilio: TwilioRest
) -> None:
    answer = ask(come_in(bob), route, call)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (twilio.creates, twilio.updates) == ([], [])
    call.refresh_from_db()
    assert call.stop_requested_at is None


@pytest.mark.parametrize("come_in", [signed_in, with_key])
@pytest.mark.parametrize("who", ["alice", "root"])
@every_route
def test_owners_and_superusers_see_it_without_its_limit(
    route: URLPattern,
    who: str,
    come_in: Callable[[User], APIClient],
    call: Call,
    twilio: TwilioRest,
    request: pytest.FixtureRequest,
) -> None:
    answer = ask(come_in(request.getfixturevalue(who)), route, call)
    expected = 409 if _name(route) in IN_VAIN else 200
    assert answer.status_code == expected, answer.content if not answer.streaming else ""
    body = b"" if answer.streaming else answer.content
    assert CANARY.encode() not in body + str(answer.headers).encode()


@every_page
def test_nobody_sees_a_page(route: URLPattern, call: Call) -> None:
    answer = ask(APIClient(), route, call)
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/sign-in/")


@every_page_about_one
def test_to_a_stranger_a_page_is_not_there(route: URLPattern, call: Call, bob: User) -> None:
    answer = ask(signed_in(bob), route, call)
    assert answer.status_code in {404, 405}
    assert CANARY.encode() not in answer.content


@every_page
def test_only_the_task_s_own_pages_show_its_limit(route: URLPattern, call: Call, alice: User) -> None:
    answer = ask(signed_in(alice), route, call)
    body = b"".join(answer) if answer.streaming else answer.content
    if _name(route) not in SHOWING_THE_LIMIT:
        assert CANARY.encode() not in body


def test_a_stranger_lists_and_creates_only_their_own(call: Call, bob: User) -> None:
    client = with_key(bob)
    assert client.get("/api/tasks").json() == []
    body = {"target_phone": "+12125550134", "objective": "x", "walkaway_point": CANARY}
    created = client.post("/api/tasks", body, format="json")
    assert CANARY.encode() not in created.content
    assert created.json()["has_walkaway_point"] is True
    assert [task["id"] for task in client.get("/api/tasks").json()] == [created.json()["id"]]


def test_searching_does_not_find_by_the_limit(call: Call, alice: User) -> None:
    assert with_key(alice).get(f"/api/tasks?q={CANARY[:5]}").json() == []


@pytest.mark.parametrize(
    "table",
    [
        "tasks_app/task",
        "tasks_app/analysis",
        "telephony/call",
        "telephony/callevent",
        "telephony/turn",
        "telephony/recording",
        "telephony/transcription",
    ],
)
def test_staff_do_not_see_it_either(call: Call, root: User, table: str) -> None:
    client = signed_in(root)
    rows = client.get(f"/admin/{table}/")
    assert rows.status_code == 200
    pk = {
        "tasks_app/task": call.task_id,
        "telephony/call": call.pk,
        "tasks_app/analysis": Analysis.objects.values_list("pk", flat=True).get(),
    }.get(table)
    page = client.get(f"/admin/{table}/{pk}/change/") if pk else rows
    assert page.status_code == 200
    assert CANARY.encode() not in rows.content + page.content
    assert client.get(f"/admin/{table}/add/").status_code == 403


@pytest.mark.django_db(transaction=True)
async def test_the_feed_does_not_tell_it(call: Call, alice: User) -> None:
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/call/{call.task_id}")
    communicator.scope["user"] = alice
    await communicator.connect()
    snapshot = await communicator.receive_from(timeout=5)
    bus.publish_passing(call.pk, call.task_id, {"type": "audio_level", "data": {}})
    assert CANARY not in snapshot + await communicator.receive_from(timeout=5)
    assert '"has_walkaway_point": true' in snapshot
    await communicator.disconnect()
