"""A process that stops while a phone rings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from simulator.server import Simulator
from telephony import draining, placing, services
from telephony.brief import CallBrief
from telephony.lifecycle import State
from telephony.models import Call
from telephony.twilio.client import twilio_client
from tests.telephony import simulated
from tests.telephony.rows import new_task
from tests.telephony.simulated import NO_ANSWER

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulated.running_simulator() as running:
        yield running


@pytest.fixture
def ringing(settings: Settings, simulator: Simulator) -> Call:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = simulated.ACCOUNT, simulated.TOKEN
    settings.TWILIO_PHONE_NUMBER = simulated.NUMBER
    settings.TWILIO_API_BASE_URL = simulator.url
    settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = "http://127.0.0.1:9"  # no report ever arrives
    task = new_task()
    brief = CallBrief(objective="Lower the bill")
    call = services.call_reserve(task_id=task.pk, owner_id=task.owner_id, to_number=NO_ANSWER, brief=brief)
    return placing.place(call.pk)


def test_a_phone_that_rings_is_waited_for(ringing: Call) -> None:
    assert not asyncio.run(draining.is_done())
    assert placing.stop(ringing.pk, by="owner")
    placing.reconcile(ringing.pk)
    assert asyncio.run(draining.is_done())


def test_a_phone_that_rings_at_the_end_stops_ringing(ringing: Call) -> None:
    asyncio.run(draining.end_all(timeout_s=5))
    assert twilio_client().fetch_call(str(ringing.call_sid)).status == "canceled"
    ringing.refresh_from_db()
    assert (ringing.state, ringing.ended_reason) == (State.CANCELED, "error.app_restart")


def test_twilio_that_does_not_answer_keeps_nobody_from_stopping(ringing: Call, settings: Settings) -> None:
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    started_s = time.monotonic()
    asyncio.run(draining.end_all(timeout_s=5))
    assert time.monotonic() - started_s < 5
    ringing.refresh_from_db()
    assert ringing.state == State.ENDING, "the sweeper asks Twilio again"
