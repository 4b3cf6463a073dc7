"""Who uses the API in these tests, and the rows they look at.

alice owns the tasks, bob is a stranger with tasks of his own, root is a superuser.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.test import APIClient

from callcenter.models import ApiKey
from tasks_app.models import Task
from telephony import services
from telephony.brief import CallBrief
from telephony.events import TurnState
from telephony.lifecycle import Event
from telephony.models import Call, Recording
from tests.tasks_app.twilio_rest import TwilioRest

NUMBER = "+12125550134"
MakeTask = Callable[..., Task]
MakeCall = Callable[..., Call]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", first_name="Alice", last_name="Doe")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def signed_in(user: User) -> APIClient:
    """A browser with this user's session."""
    client = APIClient()
    client.force_login(user)
    return client


def with_key(user: User) -> APIClient:
    """A program with this user's API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.issue(owner=user, name='test')[1]}")
    return client


@pytest.fixture
def api(alice: User) -> APIClient:
    """Alice's program."""
    return with_key(alice)


@pytest.fixture
def make_task(alice: User) -> MakeTask:
    """Tasks of Alice's, unless another owner is given."""

    def make(**fields: Any) -> Task:
        fields = {"owner": alice, "target_phone": NUMBER, "objective": "Get the bill under $60"} | fields
        return Task.objects.create(**fields)

    return make


@pytest.fixture
def make_call(make_task: MakeTask) -> MakeCall:
    """Calls that were led through `events` by telephony's services."""

    def make(*events: Event, task: Task | None = None) -> Call:
        task = task or make_task()
        brief = CallBrief(objective=task.objective, walkaway_point=task.walkaway_point)
        call = services.call_reserve(
            task_id=task.pk, owner_id=task.owner_id, to_number=task.target_phone, brief=brief
        )
        for event in events:
            services.call_advance(call_id=call.pk, event=event)
        call.refresh_from_db()
        return call

    return make


def say(call: Call, number: int, speaker: str, text: str, start_ms: int, **more: Any) -> None:
    """Add a turn of a second's length, as a live session does."""
    turn = TurnState(number, speaker, text, start_ms, start_ms + 1000, **more)
    services.session_write(call_id=call.pk, fence=call.fence, entries=[turn])


def record(call: Call, state: Recording.State = Recording.State.FINISHED) -> Recording:
    """Give the call a recording row."""
    return Recording.objects.create(call=call, state=state, duration_ms=1000)


@pytest.fixture
def live(make_call: MakeCall) -> Call:
    """An answered call: events 1 and 2, a recording and one turn with event 3."""
    call = make_call(Event.ANSWER)
    record(call, Recording.State.RECORDING)
    say(call, 1, "caller", "Hello?", 300)
    return call


def new_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def twilio(settings: Settings) -> Iterator[TwilioRest]:
    """Twilio's REST API on loopback, and a server that is configured to use it."""
    with TwilioRest() as server:
        settings.TWILIO_ACCOUNT_SID = "AC" + "0" * 32
        settings.TWILIO_AUTH_TOKEN = "token"
        settings.TWILIO_PHONE_NUMBER = "+12125550100"
        settings.TWILIO_API_BASE_URL = server.url
        settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = "https://calls.example.com"
        settings.DIAL_PROBLEMS = []
        yield server
