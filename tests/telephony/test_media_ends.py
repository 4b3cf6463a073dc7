"""How streams end and what that makes of their calls, also while the database makes everybody wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from telephony import handover, live, services, writer
from telephony.events import EventType
from telephony.lifecycle import State
from telephony.models import Call, CallEvent, Recording
from tests.telephony.account import TALKED_S, Account
from tests.telephony.media_calls import (
    answered_call,
    caller_track,
    completed,
    ended,
    hang_up,
    media_socket,
    put_off,
    sound,
    stream,
    stream_events,
    token_of,
)
from tests.telephony.media_client import FRAME_BYTES
from tests.waiting import until

pytestmark = [
    pytest.mark.ws,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("calls_without_agent"),
]


def test_a_socket_that_breaks_ends_the_call_after_the_grace(port: int, account: Account) -> None:
    call, audio = answered_call(), sound(20)
    with stream(port, call) as twilio:
        twilio.media(audio)
        twilio.round_trip_s()
        twilio.break_off()
    assert ended(call) == (State.ENDING, "media_lost")
    assert account.wanted == ["completed"]
    assert caller_track(call) == audio
    completed(call)
    call.refresh_from_db()
    assert (call.state, call.ended_reason, call.duration_seconds) == (State.COMPLETED, "media_lost", TALKED_S)


def test_another_stream_within_the_grace_goes_on_with_the_call(port: int) -> None:
    call, audio = answered_call(), sound(20)
    with stream(port, call) as twilio:
        twilio.media(audio)
        generation = services.stream_renew(call_id=call.pk, fence=1)
        twilio.stop()
    with media_socket(port, call) as again:
        again.start(customParameters=token_of(call, generation))
        again.media(audio)
        until(lambda: stream_events(call) == ["started", "stopped", "started"])
        hang_up(call, again)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    track = caller_track(call)
    assert track.startswith(audio)
    assert track.endswith(audio)


@pytest.mark.parametrize(
    ("reports", "reason"),
    [
        (["stop", "close", "completed"], "callee_hung_up"),
        (["completed", "stop", "close"], "callee_hung_up"),
        (["stop", "completed", "break"], "callee_hung_up"),
        (["completed", "break"], "callee_hung_up"),
        (["break", "completed"], "media_lost"),
        (["close", "completed"], "media_lost"),
    ],
)
def test_the_reason_is_right_whoever_is_first_to_tell(port: int, reports: list[str], reason: str) -> None:
    call, audio = answered_call(), sound(10)
    with stream(port, call) as twilio:
        twilio.media(audio)
        twilio.round_trip_s()
        for report in reports:
            match report:
                case "stop":
                    twilio.stop()
                case "close":
                    twilio.ws.close()
                case "break":
                    twilio.break_off()
                case "completed":
                    expected = 1 if reports[0] == "completed" else 2
                    until(lambda: len(stream_events(call)) == expected)  # noqa: B023
                    completed(call)
    assert ended(call) == (State.COMPLETED, reason)
    assert caller_track(call) == audio


@contextmanager
def locked_database() -> Iterator[None]:
    """Nobody else can write, on PostgreSQL not even read, calls."""
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE telephony_call IN ACCESS EXCLUSIVE MODE")
            yield


def test_no_frame_waits_for_the_database(port: int) -> None:
    call, late, audio = answered_call(), answered_call(), sound(200)
    with stream(port, call) as twilio, media_socket(port, late) as latecomer:
        with locked_database():
            latecomer.start(customParameters=token_of(late))
            slowest_s = 0.0
            for first in range(0, 100 * FRAME_BYTES, FRAME_BYTES):
                twilio.media(audio[first : first + FRAME_BYTES])
                latecomer.media(audio[first : first + FRAME_BYTES])
                if first % (20 * FRAME_BYTES) == 0:
                    twilio.dtmf("5")
                slowest_s = max(slowest_s, twilio.round_trip_s(), latecomer.round_trip_s())
            assert live.get(late.pk) is None
        twilio.media(audio[len(twilio.audio) :])
        latecomer.media(audio[len(latecomer.audio) :])
        until(lambda: live.get(late.pk))
        hang_up(call, twilio)
        hang_up(late, latecomer)
    assert slowest_s < 0.5  # a locked database keeps others waiting for seconds
    for ended_call in (call, late):
        assert ended(ended_call) == (State.COMPLETED, "callee_hung_up")
        assert caller_track(ended_call) == audio
    assert CallEvent.objects.filter(call=call, type=EventType.DTMF).count() == 5


CALLS = Call._meta.db_table


@contextmanager
def full_disk() -> Iterator[None]:
    """No call can be written, and what tries is told so at once, as an operational error."""
    if connection.vendor == "sqlite":
        fill, free = (
            [f"ALTER TABLE {CALLS} RENAME TO elsewhere"],
            [f"ALTER TABLE elsewhere RENAME TO {CALLS}"],
        )
    else:
        fill = [
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END$$",
            f"CREATE TRIGGER disk_full BEFORE UPDATE ON {CALLS} EXECUTE FUNCTION disk_full()",
        ]
        free = ["DROP FUNCTION disk_full CASCADE"]
    _execute(fill)
    try:
        yield
    finally:
        _execute(free)


def _execute(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_the_true_end_is_written_when_the_disk_has_room_again(
    port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handover, "GRACE_MS", 50.0)
    monkeypatch.setattr(writer, "_RETRY_S", (0.05,))
    call = answered_call()
    with stream(port, call) as twilio:
        with full_disk():
            twilio.break_off()
            until(lambda: "its end cannot be written yet" in caplog.text)
            before = put_off()
            until(lambda: put_off() > before + 3)
        assert ended(call) == (State.ENDING, "media_lost")
    assert stream_events(call) == ["started", "lost"]


def test_a_socket_that_breaks_before_its_start_is_written_is_lost_too(port: int) -> None:
    call = answered_call()
    with media_socket(port, call) as twilio, locked_database():
        twilio.start(customParameters=token_of(call))
        twilio.round_trip_s()
        twilio.break_off()
    until(lambda: stream_events(call) == ["started", "lost"])
    completed(call)
    assert ended(call) == (State.COMPLETED, "media_lost")


def test_a_start_that_cannot_be_written_closes_the_socket(port: int) -> None:
    call = answered_call()
    with connection.schema_editor() as editor:
        editor.alter_db_table(Recording, "telephony_recording", "elsewhere")
    try:
        with media_socket(port, call) as twilio:
            twilio.start(customParameters=token_of(call))
            assert twilio.close_code() == 4500
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Recording, "elsewhere", "telephony_recording")
    call.refresh_from_db()
    assert not call.stream_claimed
