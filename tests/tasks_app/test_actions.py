"""Acting on a live call by REST: what is taken, what is refused, and what reaches the process that holds the call."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from telephony import bus, services
from telephony.actions import Action, ActionType
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent
from tests.tasks_app.conftest import MakeCall, signed_in, with_key
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def act(api: APIClient, call: Call, **body: Any) -> Any:
    return api.post(f"/api/calls/{call.pk}/actions", body, format="json")


@pytest.fixture
def talking(make_call: MakeCall) -> Call:
    """An answered call whose stream has begun, in whichever process."""
    call = make_call(Event.DIAL)
    services.stream_claim(call_id=call.pk, generation=1, stream_sid="MZ1", owner="elsewhere")
    call.refresh_from_db()
    return call


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bus.Note]]:
    """What the bus would carry to other processes, while it is connected."""
    link = RecordingLink()
    monkeypatch.setattr(bus._bus, "link", link)
    yield link.notes


class RecordingLink:
    """A connected link that keeps what it is given."""

    connected = True

    def __init__(self) -> None:
        self.notes: list[bus.Note] = []

    def send(self, note: dict[str, Any]) -> None:
        if note["kind"] == "command":
            self.notes.append(bus.Note.from_json(note))

    def ensure_started(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("body", "text", "digits"),
    [
        ({"type": "say", "text": " Could you\ncheck? "}, "Could you check?", ""),
        ({"type": "whisper", "text": "x" * 500}, "x" * 500, ""),
        ({"type": "dtmf", "digits": "1w2#"}, "", "1w2#"),
        ({"type": "mute"}, "", ""),
        ({"type": "unmute"}, "", ""),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_action_travels_with_its_author_and_its_id(
    api: APIClient, talking: Call, sent: list[bus.Note], body: dict[str, str], text: str, digits: str
) -> None:
    answer = act(api, talking, **body)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["ok"], told["session_id"]) == (True, str(talking.pk))
    [note] = sent
    assert note.call_id == talking.pk
    action = Action.from_command(note.payload or {})
    assert action == Action(ActionType(body["type"]), "alice", text, digits, told["action_id"])


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "type", "required"),
        ({"type": "sing"}, "type", "invalid_choice"),
        ({"type": "say"}, "text", "required"),
        ({"type": "say", "text": "  "}, "text", "blank"),
        ({"type": "say", "text": None}, "text", "null"),
        ({"type": "say", "text": 5}, "text", "invalid"),
        ({"type": "say", "text": "x" * 501}, "text", "max_length"),
        ({"type": "whisper", "text": "a\x00b"}, "text", "control_character"),
        ({"type": "dtmf"}, "digits", "required"),
        ({"type": "dtmf", "digits": "12a"}, "digits", "invalid"),
        ({"type": "dtmf", "digits": "1" * 33}, "digits", "invalid"),
        ({"type": "dtmf", "digits": "1", "text": "x"}, "text", "unexpected"),
        ({"type": "mute", "digits": "1"}, "digits", "unexpected"),
        ({"type": "mute", "until": "noon"}, "until", "unknown_field"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_field(
    api: APIClient, talking: Call, sent: list[bus.Note], body: dict[str, Any], field: str, code: str
) -> None:
    answer = act(api, talking, **body)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"][field]] == [code]
    assert sent == []


@pytest.mark.parametrize(
    "events", [(), (Event.DIAL, Event.RING), (Event.ANSWER,), (Event.ANSWER, Event.COMPLETE)]
)
def test_a_call_without_sound_cannot_be_acted_on(
    api: APIClient, make_call: MakeCall, sent: list[bus.Note], events: tuple[Event, ...]
) -> None:
    call = make_call(*events)
    answer = act(api, call, type="mute")
    assert (answer.status_code, answer.json()["code"]) == (409, "call_not_live")
    assert (answer.json()["ok"], answer.json()["session_id"]) == (False, str(call.pk))
    assert sent == []


def test_nothing_pretends_to_have_reached_a_process_that_cannot_be_reached(
    api: APIClient, talking: Call
) -> None:
    answer = act(api, talking, type="mute")
    assert (answer.status_code, answer.json()["code"]) == (503, "call_unreachable")


def test_ending_needs_no_bus_and_says_who_did_it(api: APIClient, twilio: TwilioRest, talking: Call) -> None:
    answer = act(api, talking, type="end")
    assert answer.status_code == 202
    talking.refresh_from_db()
    assert (talking.state, talking.ended_reason) == ("ending", "operator_ended")
    told = CallEvent.objects.get(call=talking, type="operator_action").data
    assert (told["action"], told["by"], told["result"]) == ("end", "alice", "ok")
    assert told["id"] == answer.json()["action_id"]


def test_a_ringing_call_can_be_ended_and_one_that_is_over_cannot(
    api: APIClient, twilio: TwilioRest, make_call: MakeCall
) -> None:
    ringing, over = make_call(Event.DIAL, Event.RING), make_call(Event.ANSWER, Event.COMPLETE)
    assert act(api, ringing, type="end").status_code == 202
    refused = act(api, over, type="end")
    assert (refused.status_code, refused.json()["code"]) == (409, "call_not_live")
    assert not CallEvent.objects.filter(call=over, type="operator_action").exists()


def test_only_the_owner_may(talking: Call, bob: User, root: User, sent: list[bus.Note]) -> None:
    assert act(with_key(bob), talking, type="mute").status_code == 404
    assert act(APIClient(), talking, type="mute").status_code == 401
    assert sent == []
    assert act(signed_in(root), talking, type="mute").status_code == 202


def test_a_repeated_request_acts_once(api: APIClient, talking: Call, sent: list[bus.Note]) -> None:
    key = str(uuid.uuid4())
    answers = [
        api.post(
            f"/api/calls/{talking.pk}/actions/",
            {"type": "say", "text": "Hello?"},
            format="json",
            headers={"Idempotency-Key": key},
        )
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert len(sent) == 1


def test_what_arrives_from_the_bus_is_checked_again() -> None:
    command = Action(ActionType.DTMF, "alice", digits="1").to_command()
    for wrong in (
        {"digits": "abc"},
        {"action": "sing"},
        {"action": "say"},
        {"text": "x" * 501, "action": "say"},
    ):
        with pytest.raises(ValueError, match=r"digits|sing|text"):
            Action.from_command(command | wrong)
    with pytest.raises(ValueError, match="digits"):
        Action.from_command({name: value for name, value in command.items() if name != "digits"})
