"""The transcript and the call over REST."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from telephony.lifecycle import Event
from telephony.models import Call
from tests.tasks_app.conftest import MakeCall, MakeTask, record, say

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    call = make_call(Event.ANSWER)
    say(call, 1, "caller", "Hello?", 300)
    say(call, 2, "agent", "Hi, I am an AI.", 2000, heard=0.5, heard_text="Hi, I")
    return call


def test_it_has_every_turn_and_how_much_of_it_was_heard(api: APIClient, call: Call) -> None:
    answer = api.get(f"/api/tasks/{call.task_id}/transcript")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["task_id"], body["session_id"], body["count"]) == (str(call.task_id), str(call.pk), 2)
    assert body["source"] == "live"
    assert body["turns"][1] == {
        "number": 2,
        "speaker": "agent",
        "text": "Hi, I am an AI.",
        "start_ms": 2000,
        "end_ms": 3000,
        "heard": 0.5,
        "heard_text": "Hi, I",
        "final": True,
        "words": [],
    }
    assert api.get(f"/api/tasks/{call.task_id}/transcript?format=json").json() == body


@pytest.mark.parametrize(
    ("name", "media_type", "line"),
    [
        ("srt", "application/x-subrip", "Agent: Hi, I"),
        ("vtt", "text/vtt", "<v Agent>Hi, I"),
        ("txt", "text/plain", "[00:02] Agent: Hi, I [not heard: am an AI.]"),
    ],
)
def test_it_comes_as_a_file(api: APIClient, call: Call, name: str, media_type: str, line: str) -> None:
    answer = api.get(f"/api/tasks/{call.task_id}/transcript/?format={name}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == f"{media_type}; charset=utf-8"
    assert answer["Content-Disposition"] == f'inline; filename="call-{call.pk}.{name}"'
    assert line in answer.content.decode().splitlines()


def test_there_is_no_other_format(api: APIClient, call: Call) -> None:
    answer = api.get(f"/api/tasks/{call.task_id}/transcript?format=pdf")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["format"])


def test_why_there_is_none(api: APIClient, make_task: MakeTask, make_call: MakeCall) -> None:
    assert api.get(f"/api/tasks/{make_task().pk}/transcript").json()["code"] == "no_call"
    ringing = make_call(Event.RING)
    assert api.get(f"/api/tasks/{ringing.task_id}/transcript").json()["code"] == "not_answered"


def test_a_call_has_its_turns_its_recording_and_where_its_events_are(api: APIClient, call: Call) -> None:
    record(call)
    body = api.get(f"/api/calls/{call.pk}").json()
    assert (body["session_id"], body["task_id"], body["state"]) == (
        str(call.pk),
        str(call.task_id),
        "in_progress",
    )
    assert [turn["text"] for turn in body["turns"]] == ["Hello?", "Hi, I am an AI."]
    assert body["recording"] == {"state": "finished", "duration_ms": 1000, "detail": ""}
    assert body["seq"] == Call.objects.get(pk=call.pk).event_seq


def test_a_call_without_recording_says_so(api: APIClient, call: Call) -> None:
    body = api.get(f"/api/calls/{call.pk}/").json()
    assert (body["recording"], body["recording_state"]) == (None, None)
