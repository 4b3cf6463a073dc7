"""Twilio's questions and reports: signed, repeated, late, and about strangers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import Settings

from telephony import services, stream_token
from telephony.lifecycle import Event, State
from telephony.models import Call, CallEvent
from tests.telephony.rows import SID, new_call
from tests.telephony.webhook_posts import ACCOUNT, post, use_account

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def account(settings: Settings) -> None:
    use_account(settings)


@pytest.fixture
def call() -> Call:
    return new_call(None, Event.DIAL)


def state_of(call: Call) -> tuple[str, str]:
    call.refresh_from_db()
    return call.state, call.ended_reason


def test_an_answered_call_is_connected_to_our_socket(call: Call) -> None:
    answer = post("/twilio/voice", call.pk, CallStatus="in-progress")
    document = ET.fromstring(answer.content)  # noqa: S314  our own document
    assert [verb.tag for verb in document] == ["Connect", "Hangup"]
    stream = document[0][0]
    assert stream.get("url") == "wss://phone.example.com/twilio/media-stream"
    (token,) = [p.get("value", "") for p in stream if p.get("name") == "token"]
    assert stream_token.read(token) == (call.pk, 1)
    assert state_of(call) == (State.IN_PROGRESS, "")
    assert call.call_sid == SID
    assert post("/twilio/voice", call.pk, CallStatus="in-progress").content == answer.content


@pytest.mark.parametrize("over", [Event.COMPLETE, Event.END])
def test_a_call_that_is_over_is_hung_up(call: Call, over: Event) -> None:
    services.call_advance(call_id=call.pk, event=over)
    assert b"Stream" not in post("/twilio/voice", call.pk).content


def test_a_call_that_was_stopped_meanwhile_is_hung_up(call: Call) -> None:
    services.stop_request(call_id=call.pk, by="owner")
    assert b"Stream" not in post("/twilio/voice", call.pk).content


def test_a_stranger_is_refused_and_nothing_is_written(call: Call) -> None:
    for wrong in (
        post("/twilio/status", call.pk, sign_for="https://evil.example.com/twilio/status", CallStatus="busy"),
        post("/twilio/status", call.pk, AccountSid="AC" + "9" * 32, CallStatus="busy"),
        Client().post(f"/twilio/status?call={call.pk}", {"AccountSid": ACCOUNT, "CallSid": SID}),
    ):
        assert wrong.status_code == 403
    assert Client().get(f"/twilio/status?call={call.pk}").status_code == 405
    assert state_of(call) == (State.PLACING, "")
    assert call.call_sid is None


def test_a_server_that_was_not_set_up_refuses_everybody(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = ""
    assert Client(raise_request_exception=False).post("/twilio/voice", {"CallSid": SID}).status_code == 403


@pytest.mark.parametrize("call_id", ["", "nonsense", uuid.UUID(int=0)])
def test_an_unknown_call_is_answered_and_hung_up(call_id: object) -> None:
    assert post("/twilio/status", call_id, CallStatus="completed").status_code == 204
    assert b"Stream" not in post("/twilio/voice", call_id).content


def test_another_calls_sid_is_not_believed(call: Call) -> None:
    services.call_identify(call_id=call.pk, call_sid="CA" + "7" * 32)
    assert post("/twilio/status", call.pk, CallStatus="busy").status_code == 204
    assert state_of(call) == (State.PLACING, "")


REPORTS = (
    {"CallStatus": "initiated", "SequenceNumber": "0"},
    {"CallStatus": "ringing", "SequenceNumber": "1"},
    {"CallStatus": "in-progress", "SequenceNumber": "2"},
    {"CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "21"},
)


def orders() -> Iterator[tuple[dict[str, str], ...]]:
    """Every order of the reports that holds the last one, with some lost, each one twice."""
    for size in range(4):
        for kept in itertools.combinations(REPORTS[:3], size):
            yield from itertools.permutations((*kept, REPORTS[3]))


def test_any_order_loss_and_repetition_of_reports_ends_the_same() -> None:
    ends = set()
    for number, reports in enumerate(orders()):
        call = new_call(None, Event.DIAL)
        for report in (*reports, *reports):
            assert post("/twilio/status", call.pk, CallSid=f"CA{number:032d}", **report).status_code == 204
        call.refresh_from_db()
        ends.add((call.state, call.ended_reason, call.duration_seconds))
        terminal = [e for e in CallEvent.objects.filter(call=call) if e.data.get("state") == "completed"]
        assert len(terminal) == 1
    assert ends == {("completed", "media_never_connected", 21)}


@pytest.mark.parametrize(
    ("sip", "reason"),
    [
        ("404", "invalid_number"),
        ("603", "callee_declined"),
        ("", "carrier_rejected"),
        ("500", "carrier_rejected"),
    ],
)
def test_a_failed_call_says_why(call: Call, sip: str, reason: str) -> None:
    post("/twilio/status", call.pk, CallStatus="failed", SipResponseCode=sip)
    assert state_of(call) == (State.FAILED, reason)


def test_a_stream_that_cannot_connect_is_told(call: Call) -> None:
    services.call_advance(call_id=call.pk, event=Event.ANSWER)
    post("/twilio/stream-status", call.pk, StreamEvent="stream-error", StreamError="31920: no 101")
    assert state_of(call) == (State.ENDING, "media_never_connected")
    assert "31920" in call.ended_detail


def test_unknown_statuses_change_nothing(call: Call) -> None:
    assert post("/twilio/status", call.pk, CallStatus="levitating").status_code == 204
    assert state_of(call) == (State.PLACING, "")
