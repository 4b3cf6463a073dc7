"""Dialling, stopping and looking after calls, against the simulator's REST API over real sockets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from simulator.server import Simulator
from telephony import placing, recording, services, signals, sweeper
from telephony.brief import CallBrief
from telephony.lifecycle import Event, State
from telephony.models import Call, Recording
from telephony.twilio.client import twilio_client
from telephony.twilio.errors import TelephonyError
from tests.telephony import simulated
from tests.telephony.rows import new_call, new_task
from tests.telephony.simulated import BUSY, NO_ANSWER, SLOW
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulated.running_simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def account(settings: Settings, simulator: Simulator) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = simulated.ACCOUNT, simulated.TOKEN
    settings.TWILIO_PHONE_NUMBER = simulated.NUMBER
    settings.TWILIO_API_BASE_URL = simulator.url
    settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = "http://127.0.0.1:9"  # no report ever arrives


def reserved(number: str = NO_ANSWER) -> Call:
    task = new_task()
    brief = CallBrief(objective="Lower the bill")
    return services.call_reserve(task_id=task.pk, owner_id=task.owner_id, to_number=number, brief=brief)


def age(call: Call, seconds: int) -> None:
    """As if everything about the call had happened earlier."""
    then = timezone.now() - dt.timedelta(seconds=seconds)
    Call.objects.filter(pk=call.pk).update(created_at=then)
    for field in ("placed_at", "answered_at", "lease_expires_at"):
        Call.objects.filter(pk=call.pk).exclude(**{field: None}).update(**{field: then})


def calls_at_twilio(number: str, since: dt.datetime) -> list[str]:
    found = twilio_client().find_calls(to=number, from_=simulated.NUMBER, started_after=since)
    return [remote.sid for remote in found]


def test_a_call_is_placed_once() -> None:
    call = reserved()
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    placed = placing.place(call.pk)
    assert placed.state == State.QUEUED
    assert placed.call_sid in calls_at_twilio(NO_ANSWER, before)
    again = placing.place(call.pk)
    assert again.call_sid == placed.call_sid


def test_a_refusal_is_told_and_never_ok(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "wrong"
    call = reserved()
    with pytest.raises(TelephonyError):
        placing.place(call.pk)
    call.refresh_from_db()
    assert (call.state, call.ended_reason, call.call_sid) == (State.FAILED, "error.twilio", None)
    assert "TWILIO" in call.ended_detail


def test_a_ringing_call_is_stopped_at_twilio() -> None:
    call = placing.place(reserved().pk)
    until(lambda: twilio_client().fetch_call(str(call.call_sid)).status == "ringing")
    assert placing.stop(call.pk, by="owner")
    assert twilio_client().fetch_call(str(call.call_sid)).status == "canceled"
    placing.reconcile(call.pk)
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.CANCELED, "operator_ended")
    assert not placing.stop(call.pk, by="owner")


def test_a_call_that_was_not_dialled_is_stopped_here() -> None:
    call = reserved()
    assert placing.stop(call.pk, by="owner")
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.CANCELED, "canceled_before_dial")
    assert placing.place(call.pk).call_sid is None


def test_a_stop_while_dialling_hangs_up_what_was_placed() -> None:
    call = reserved()
    services.stop_request(call_id=call.pk, by="owner")
    placed = placing.place(call.pk)
    assert twilio_client().fetch_call(str(placed.call_sid)).status == "canceled"


def test_a_stop_that_twilio_did_not_take_is_repeated_by_the_sweeper(
    settings: Settings, simulator: Simulator
) -> None:
    call = placing.place(reserved().pk)
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert placing.stop(call.pk, by="owner")
    call.refresh_from_db()
    assert call.is_live
    settings.TWILIO_API_BASE_URL = simulator.url
    Call.objects.filter(pk=call.pk).update(stop_requested_at=timezone.now() - dt.timedelta(seconds=6))
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.CANCELED, "operator_ended")


def test_a_stop_is_repeated_although_a_session_holds_the_call(
    settings: Settings, simulator: Simulator
) -> None:
    call = placing.place(reserved().pk)
    services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="me")
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert placing.stop(call.pk, by="owner")
    settings.TWILIO_API_BASE_URL = simulator.url
    Call.objects.filter(pk=call.pk).update(stop_requested_at=timezone.now() - dt.timedelta(seconds=6))
    sweeper.sweep()
    call.refresh_from_db()
    assert call.ended_reason == "operator_ended"
    assert not call.is_live


def test_lost_reports_are_made_up_for_by_asking() -> None:
    call = placing.place(reserved(BUSY).pk)
    until(lambda: twilio_client().fetch_call(str(call.call_sid)).status == "busy")
    sweeper.sweep()
    call.refresh_from_db()
    assert call.state == State.QUEUED  # the last news is not old enough to ask
    age(call, 60)
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.BUSY, "busy")


def test_a_lost_answer_leaves_one_call_that_is_found_again(settings: Settings, simulator: Simulator) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    known = set(calls_at_twilio(SLOW, before))
    call = reserved(SLOW)
    with simulated.answers_lost(simulator.url) as url:
        settings.TWILIO_API_BASE_URL = url
        assert placing.place(call.pk).state == State.UNKNOWN
        assert placing.place(call.pk).state == State.UNKNOWN
    settings.TWILIO_API_BASE_URL = simulator.url
    (sid,) = set(calls_at_twilio(SLOW, before)) - known
    Call.objects.filter(pk=call.pk).update(created_at=timezone.now() - dt.timedelta(seconds=60))
    sweeper.sweep()
    call.refresh_from_db()
    assert call.call_sid == sid
    assert call.state in {State.QUEUED, State.RINGING}


def test_a_request_that_never_arrived_fails_after_two_minutes() -> None:
    call = new_call(None, Event.DIAL, Event.DIAL_UNCONFIRMED, to_number="+12025550177")
    age(call, 60)
    sweeper.sweep()
    call.refresh_from_db()
    assert call.state == State.UNKNOWN
    age(call, 130)
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.FAILED, "error.twilio")


def test_a_reservation_whose_process_died_is_given_back() -> None:
    call = reserved()
    age(call, 60)
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.CANCELED, "error.app_restart")


def test_a_call_whose_owner_died_is_hung_up_and_its_recording_kept(
    settings: Settings, tmp_path: object
) -> None:
    settings.DATA_ROOT = tmp_path
    call = placing.place(reserved().pk)
    services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="dead")
    recorder = recording.Recorder(call.pk)
    recorder.caller.place(b"\x10" * 1600, 0)
    recorder.write(recorder.take())
    sweeper.sweep()
    call.refresh_from_db()
    assert call.state == State.IN_PROGRESS  # its lease still holds
    age(call, 40)
    sweeper.sweep()
    until(lambda: sweeper.sweep() == 0)
    call.refresh_from_db()
    assert (call.ended_reason, call.ended_detail) == ("error.app_restart", sweeper.LEFT_ALONE)
    assert call.state in {State.COMPLETED, State.CANCELED}
    kept = Recording.objects.get(call=call)
    assert (kept.state, kept.duration_ms) == (Recording.State.TRUNCATED, 200)
    assert recording.wav_path(call.pk, "mixed").exists()


def test_a_call_without_audio_is_hung_up() -> None:
    call = placing.place(reserved().pk)
    services.call_advance(call_id=call.pk, event=Event.ANSWER)
    age(call, 60)
    sweeper.sweep()
    call.refresh_from_db()
    assert call.ended_reason == "media_never_connected"
    assert call.state in {State.COMPLETED, State.CANCELED}


def test_a_call_that_twilio_does_not_know_any_more_is_over() -> None:
    call = new_call(None, Event.DIAL, Event.QUEUE, call_sid="CA" + "f" * 32)
    age(call, 60)
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.FAILED, "error.twilio")


def test_no_state_without_a_callsid_waits_for_ever() -> None:
    call = new_call(None, Event.DIAL, Event.QUEUE, to_number="+12025550178")
    age(call, 130)
    sweeper.sweep()
    call.refresh_from_db()
    assert (call.state, call.ended_reason) == (State.FAILED, "error.twilio")


def test_one_broken_call_does_not_keep_the_others_waiting() -> None:
    call = placing.place(reserved(BUSY).pk)
    broken = new_call(None, Event.DIAL, Event.QUEUE, call_sid="CA" + "f" * 32)

    def fail(call: Call, **_: object) -> None:
        if call == broken:
            raise RuntimeError

    until(lambda: twilio_client().fetch_call(str(call.call_sid)).status == "busy")
    age(broken, 60)
    age(call, 61)
    signals.call_changed.connect(fail)
    try:
        sweeper.sweep()
    finally:
        signals.call_changed.disconnect(fail)
    call.refresh_from_db()
    broken.refresh_from_db()
    assert (call.state, broken.state) == (State.BUSY, State.QUEUED)
