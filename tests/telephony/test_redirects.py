"""Keys, as far as Twilio's answer and the stream tell of them."""

from __future__ import annotations

import asyncio

import pytest
from pytest_django import Settings

from telephony import services
from telephony.handover import GRACE_MS, Handover
from telephony.redirects import Redirects
from tests.telephony.account import Account
from tests.telephony.rows import new_call

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def handover() -> Handover:
    return Handover()


@pytest.fixture
def redirects(account: Account, handover: Handover) -> Redirects:
    call = new_call()
    services.call_identify(call_id=call.pk, call_sid=account.sid)
    claimed = services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="me")
    assert claimed is not None
    return Redirects(call.pk, claimed.fence, handover)


def test_keys_that_twilio_takes_are_pressed(account: Account, redirects: Redirects) -> None:
    account.is_placed = True
    assert asyncio.run(redirects.press_keys("1"))


def test_a_lost_answer_is_made_up_for_by_the_stream(
    settings: Settings, redirects: Redirects, handover: Handover
) -> None:
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert not asyncio.run(redirects.press_keys("1"))
    handover.lost("callee_hung_up", 0)
    assert handover.given_up(GRACE_MS + 1) == "", "Twilio may have been told all the same"
    assert asyncio.run(redirects.press_keys("1"))


def test_a_refusal_is_final(redirects: Redirects, handover: Handover) -> None:
    assert not asyncio.run(redirects.press_keys("1"))
    handover.lost("callee_hung_up", 0)
    assert handover.given_up(GRACE_MS + 1) == "callee_hung_up"
