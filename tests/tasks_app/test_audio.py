"""The recording over HTTP, through the ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient
from rest_framework.test import APIClient

from callcenter.models import ApiKey
from telephony import recording
from telephony.lifecycle import Event
from telephony.models import Call, Recording
from tests.tasks_app.conftest import MakeCall, MakeTask, new_id, record

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

SOUND = bytes(range(256)) * 1000
Get = Callable[..., Any]


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    """An answered, recorded call."""
    call = make_call(Event.ANSWER, Event.COMPLETE)
    record(call)
    for side in recording.SIDES:
        write(call, side, SOUND)
    return call


def write(call: Call, side: str, sound: bytes) -> Path:
    path = recording.wav_path(call.pk, side)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    return path


@pytest.fixture
def get(alice: User) -> Get:
    """Ask as a player does, by GET unless told otherwise; the answer has its `body`."""
    key = ApiKey.issue(owner=alice, name="test")[1]

    def get(call: Call, query: str = "", method: str = "GET", **headers: str) -> Any:
        async def ask() -> Any:
            names = {"Authorization": f"Bearer {key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
            path = f"/api/tasks/{call.task_id}/audio{query}"
            answer: Any = await AsyncClient().generic(method, path, headers=names)
            blocks = [block async for block in answer] if answer.streaming else [answer.content]
            answer.body = b"".join(blocks)
            return answer

        return asyncio.run(ask())

    return get


def test_it_sends_the_mix_whole(get: Get, call: Call) -> None:
    answer = get(call)
    assert (answer.status_code, answer["Content-Type"], answer.body) == (200, "audio/wav", SOUND)
    assert answer["Content-Length"] == str(len(SOUND))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == f'inline; filename="call-{call.pk}-mixed.wav"'


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-", 0, 255_999),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=255999-", 255_999, 255_999),
        ("bytes=-100", 255_900, 255_999),
        ("bytes=-999999", 0, 255_999),
        ("bytes=65000-200000", 65_000, 200_000),
        ("bytes=255000-999999", 255_000, 255_999),
    ],
)
def test_it_sends_a_range(get: Get, call: Call, header: str, first: int, last: int) -> None:
    answer = get(call, Range=header)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/256000"
    assert answer["Content-Length"] == str(last - first + 1)
    assert answer.body == SOUND[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=256000-", "bytes=-0"])
def test_a_range_past_the_end_is_416(get: Get, call: Call, header: str) -> None:
    answer = get(call, Range=header)
    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */256000")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "range_not_satisfiable"


@pytest.mark.parametrize("header", ["bytes=9-1", "seconds=1-2", "bytes=0-1,3-4", "nonsense"])
def test_a_range_that_means_nothing_is_ignored(get: Get, call: Call, header: str) -> None:
    assert get(call, Range=header).status_code == 200


def test_if_range_continues_only_the_same_file(get: Get, call: Call) -> None:
    before = get(call)
    for validator in (before["ETag"], before["Last-Modified"]):
        assert get(call, Range="bytes=5-", If_Range=validator).status_code == 206
    assert get(call, Range="bytes=5-", If_Range='"another"').status_code == 200
    assert get(call, Range="bytes=5-", If_Range=f"W/{before['ETag']}").status_code == 200
    write(call, "mixed", SOUND[:1000])
    answer = get(call, Range="bytes=5-", If_Range=before["ETag"])
    assert (answer.status_code, answer.body) == (200, SOUND[:1000])


def test_head_tells_the_size_without_the_sound(get: Get, call: Call) -> None:
    answer = get(call, method="HEAD", Range="bytes=0-1")
    assert (answer.status_code, answer["Content-Length"], answer.body) == (200, "256000", b"")


@pytest.mark.parametrize("side", recording.SIDES)
def test_each_side_is_there(get: Get, call: Call, side: str) -> None:
    write(call, side, side.encode())
    assert get(call, f"?side={side}").body == side.encode()


@pytest.mark.parametrize("side", ["", "../mixed", "left", "mixed.wav", "%00"])
def test_there_is_no_other_side(get: Get, call: Call, side: str) -> None:
    answer = get(call, f"?side={side}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["side"])


def test_a_link_that_leads_out_is_not_followed(get: Get, call: Call, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    path = recording.wav_path(call.pk, "mixed")
    path.unlink()
    path.symlink_to(secret)
    assert get(call).json()["code"] == "recording_missing"


def test_it_means_the_latest_answered_call_or_the_one_that_is_named(
    get: Get, call: Call, make_call: MakeCall
) -> None:
    later = make_call(Event.ANSWER, Event.COMPLETE, task=call.task)
    record(later)
    write(later, "mixed", b"later")
    unanswered = make_call(Event.NO_ANSWER, task=call.task)
    assert get(call).body == b"later"
    assert get(call, f"?session_id={call.pk}").body == SOUND
    assert get(call, f"?session_id={unanswered.pk}").json()["code"] == "not_answered"
    elsewhere = make_call(Event.ANSWER)
    for stranger in (str(elsewhere.pk), new_id()):
        assert get(call, f"?session_id={stranger}").json()["code"] == "not_found"
    assert list(get(call, "?session_id=last").json()["errors"]) == ["session_id"]


def test_why_there_is_no_sound(api: APIClient, make_call: MakeCall, make_task: MakeTask) -> None:
    def reason(task_id: object) -> str:
        answer = api.get(f"/api/tasks/{task_id}/audio")
        assert answer.status_code == 404
        code: str = answer.json()["code"]
        return code

    assert reason(make_task().pk) == "no_call"
    assert reason(make_call(Event.BUSY).task_id) == "not_answered"
    live = make_call(Event.ANSWER)
    assert reason(live.task_id) == "recording_missing"
    row = record(live, Recording.State.RECORDING)
    assert reason(live.task_id) == "still_recording"
    for state in (Recording.State.MISSING, Recording.State.FINISHED):
        row.state = state
        row.save()
        assert reason(live.task_id) == "recording_missing"
