"""The writers of a call: what they let happen once, in which order, and to whom."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from telephony import services
from telephony.events import EventType, NewEvent, TurnState
from telephony.lifecycle import LIVE, Event, State
from telephony.models import Call, CallEvent, Recording, Turn
from tests.telephony.rows import SID, new_call, new_task

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def claim(call: Call, generation: int) -> Call | None:
    return services.stream_claim(call_id=call.pk, generation=generation, stream_sid="MZ1", owner="me")


def events_of(call: Call) -> list[tuple[int, str, dict[str, Any]]]:
    return list(CallEvent.objects.filter(call=call).values_list("seq", "type", "data"))


def test_a_task_has_one_live_call_and_then_another() -> None:
    task = new_task()
    first = new_call(task)
    with pytest.raises(services.CallInProgressError) as refused:
        new_call(task)
    assert refused.value.call == first
    services.call_advance(call_id=first.pk, event=Event.BUSY)
    assert new_call(task).state == State.RESERVED


def test_a_state_is_written_once_with_its_event() -> None:
    call = new_call()
    assert services.call_advance(call_id=call.pk, event=Event.RING)
    assert not services.call_advance(call_id=call.pk, event=Event.RING)
    assert not services.call_advance(call_id=call.pk, event=Event.QUEUE)
    states = [(seq, data["state"]) for seq, type_, data in events_of(call) if type_ == "call_status"]
    assert states == [(1, "reserved"), (2, "ringing")]


@pytest.mark.parametrize(
    ("before", "event", "reason"),
    [
        ([Event.DIAL], Event.BUSY, "busy"),
        ([Event.DIAL], Event.NO_ANSWER, "no_answer"),
        ([Event.DIAL], Event.FAIL, "carrier_rejected"),
        ([], Event.CANCEL, "canceled_before_dial"),
        ([Event.DIAL], Event.CANCEL, "operator_ended"),
        ([Event.DIAL, Event.ANSWER], Event.COMPLETE, "callee_hung_up"),
    ],
)
def test_an_end_that_nobody_explains_has_a_reason(before: list[Event], event: Event, reason: str) -> None:
    call = new_call(None, *before)
    services.call_advance(call_id=call.pk, event=event)
    call.refresh_from_db()
    assert call.ended_reason == reason
    assert call.ended_detail
    assert call.ended_at is not None


def test_an_answered_call_whose_audio_never_came_is_a_fault_of_the_set_up() -> None:
    call = new_call(None, Event.DIAL, Event.ANSWER)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, duration_seconds=21)
    call.refresh_from_db()
    assert call.ended_reason == "media_never_connected"


def test_a_stream_that_was_there_means_that_the_callee_hung_up() -> None:
    call = new_call(None, Event.DIAL, Event.ANSWER)
    services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="me")
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, duration_seconds=12)
    call.refresh_from_db()
    assert (call.ended_reason, call.duration_seconds) == ("callee_hung_up", 12)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (["stopped"], "callee_hung_up"),
        (["lost"], "media_lost"),
        (["error"], "media_lost"),
        (["lost", "error"], "media_lost"),
        (["error", "stopped"], "callee_hung_up"),
        (["lost", "started"], "callee_hung_up"),
    ],
)
def test_a_stream_that_broke_and_stayed_away_means_that_the_audio_was_lost(
    told: list[str], reason: str
) -> None:
    call = new_call(None, Event.DIAL, Event.ANSWER)
    assert claim(call, 1)
    events = [NewEvent(EventType.STREAM, {"status": status, "detail": ""}) for status in told]
    services.event_append(call_id=call.pk, events=events)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, duration_seconds=12)
    call.refresh_from_db()
    assert call.ended_reason == reason


def test_the_first_reason_stays() -> None:
    call = new_call(None, Event.ANSWER)
    services.call_advance(call_id=call.pk, event=Event.END, reason="agent_ended", detail="settled")
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, reason="callee_hung_up")
    call.refresh_from_db()
    assert (call.ended_reason, call.ended_detail) == ("agent_ended", "settled")


def test_a_lost_answered_report_is_made_up_for_by_the_end() -> None:
    call = new_call(None, Event.DIAL, Event.QUEUE)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, duration_seconds=30)
    call.refresh_from_db()
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert (call.ended_at - call.answered_at).total_seconds() == pytest.approx(30, abs=1)


def test_ending_a_call_that_nobody_has_answered_does_not_make_it_answered() -> None:
    call = new_call(None, Event.DIAL, Event.RING)
    services.call_advance(call_id=call.pk, event=Event.END, reason="operator_ended")
    services.call_advance(call_id=call.pk, event=Event.CANCEL)
    call.refresh_from_db()
    assert (call.state, call.answered_at, call.duration_seconds) == (State.CANCELED, None, None)


def test_a_callsid_belongs_to_one_call() -> None:
    call, other = new_call(), new_call()
    assert services.call_identify(call_id=call.pk, call_sid=SID)
    assert services.call_identify(call_id=call.pk, call_sid=SID)
    assert not services.call_identify(call_id=call.pk, call_sid="CA" + "1" * 32)
    assert not services.call_identify(call_id=other.pk, call_sid=SID)


def test_a_stream_token_is_used_once() -> None:
    call = new_call(None, Event.DIAL)
    assert claim(call, 2) is None
    claimed = claim(call, 1)
    assert claimed is not None
    assert (claimed.state, claimed.fence) == (State.IN_PROGRESS, 1)
    assert claim(call, 1) is None
    assert Recording.objects.get(call=call).state == "recording"


@pytest.mark.parametrize("ending", [Event.END, None])
def test_a_call_that_is_to_stop_gives_no_stream(ending: Event | None) -> None:
    call = new_call(None, Event.DIAL, Event.ANSWER)
    if ending is None:
        services.stop_request(call_id=call.pk, by="owner")
    else:
        services.call_advance(call_id=call.pk, event=ending)
    assert claim(call, 1) is None


def test_a_call_that_is_over_gives_no_stream() -> None:
    call = new_call(None, Event.DIAL, Event.COMPLETE)
    assert services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="me") is None


def test_a_session_writes_in_order_and_keeps_its_lease() -> None:
    call = new_call()
    said = TurnState(number=1, speaker="agent", text="Hel", start_ms=0, end_ms=0, final=False)
    heard = TurnState(number=1, speaker="agent", text="Hello.", start_ms=0, end_ms=500, heard_text="Hello.")
    entries: list[NewEvent | TurnState] = [
        NewEvent(EventType.SPEECH, {"at_ms": 1}),
        said,
        NewEvent(EventType.DTMF, {"digit": "1"}),
        heard,
    ]
    services.session_write(call_id=call.pk, fence=0, entries=entries)
    assert [(seq, type_) for seq, type_, _ in events_of(call)][1:] == [
        (2, "speech"),
        (3, "transcript_update"),
        (4, "dtmf"),
        (5, "transcript_update"),
    ]
    assert [(turn.text, turn.final) for turn in Turn.objects.filter(call=call)] == [("Hello.", True)]
    call.refresh_from_db()
    assert call.lease_expires_at is not None


def test_a_former_owner_writes_nothing() -> None:
    call = new_call(fence=2)
    with pytest.raises(services.StaleOwnerError):
        services.session_write(call_id=call.pk, fence=1, entries=[NewEvent(EventType.DTMF, {"digit": "1"})])
    assert len(events_of(call)) == 1
    Recording.objects.create(call=call)
    assert not services.recording_close(
        call_id=call.pk, state=Recording.State.FINISHED, duration_ms=1, fence=1
    )


def test_a_recording_closes_once() -> None:
    call = new_call()
    Recording.objects.create(call=call)
    assert services.recording_close(call_id=call.pk, state=Recording.State.FINISHED, duration_ms=900)
    assert not services.recording_close(call_id=call.pk, state=Recording.State.MISSING, duration_ms=0)
    assert Recording.objects.get(call=call).duration_ms == 900


def test_the_wish_to_stop_is_kept_once_and_only_for_a_live_call() -> None:
    call = new_call()
    assert services.stop_request(call_id=call.pk, by="owner")
    assert not services.stop_request(call_id=call.pk, by="owner")
    services.call_advance(call_id=call.pk, event=Event.CANCEL)
    over = new_call(None, Event.COMPLETE)
    assert not services.stop_request(call_id=over.pk, by="owner")


@pytest.mark.django_db(transaction=True)
def test_reports_from_all_sides_at_once_leave_one_end_and_no_hole() -> None:
    call = new_call(None, Event.DIAL)
    endings = [Event.COMPLETE, Event.FAIL, Event.CANCEL, Event.BUSY, Event.ANSWER, Event.RING, Event.END] * 3
    moved: list[Event] = []

    def report(event: Event) -> None:
        try:
            if services.call_advance(call_id=call.pk, event=event):
                moved.append(event)
        finally:
            connection.close()

    threads = [threading.Thread(target=report, args=(event,)) for event in endings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    call.refresh_from_db()
    assert call.state not in LIVE
    seqs = [seq for seq, _, _ in events_of(call)]
    assert seqs == list(range(1, len(seqs) + 1))
    changes = [type_ for _, type_, _ in events_of(call) if type_ == EventType.CALL_STATUS]
    assert len(changes) == 2 + len(moved)


@pytest.mark.django_db(transaction=True)
def test_fifty_pairs_of_threads_reserve_one_call_each() -> None:
    tasks = [new_task() for _ in range(50)]
    reserved: list[Any] = []

    def reserve(task: Any, gate: threading.Barrier) -> None:
        try:
            gate.wait()
            reserved.append(new_call(task).pk)
        except services.CallInProgressError:
            pass
        finally:
            connection.close()

    for task in tasks:
        gate = threading.Barrier(2)
        pair = [threading.Thread(target=reserve, args=(task, gate)) for _ in range(2)]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
        services.call_advance(call_id=reserved[-1], event=Event.BUSY)  # two to one number is the most
    assert list(
        Call.objects.filter(pk__in=reserved).order_by("created_at").values_list("task_id", flat=True)
    ) == [task.pk for task in tasks]
