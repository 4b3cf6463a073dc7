"""Pages that say what the code does are held equal to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tasks_app.serializers import CallSerializer, RecordingSerializer, TaskSerializer, TurnSerializer
from telephony.events import DESCRIPTIONS, EventType, PassingType

pytestmark = pytest.mark.unit

EVENTS_PAGE = (Path(__file__).resolve().parents[1] / "docs" / "events.md").read_text()


def events_shown() -> dict[str, tuple[str, dict[str, Any]]]:
    """By type: the description and the example that the page gives."""
    parts = re.findall(r"^### `(\w+)`\n\n(.+?)\n\n```json\n(.+?)\n```$", EVENTS_PAGE, re.M | re.S)
    return {
        type_: (description.replace("\n", " "), json.loads(example)) for type_, description, example in parts
    }


def test_the_page_shows_every_event_as_the_code_describes_it() -> None:
    shown = {type_: description for type_, (description, _) in events_shown().items()}
    del shown["snapshot"]
    assert shown == {str(type_): description for type_, description in DESCRIPTIONS.items()}
    assert set(DESCRIPTIONS) == {*EventType, *PassingType}


@pytest.mark.parametrize("type_", ["snapshot", *DESCRIPTIONS])
def test_an_example_is_a_message_of_its_type(type_: str) -> None:
    description, example = events_shown()[type_]
    assert list(example) == ["seq", "session_id", "type", "data", "timestamp"]
    assert example["type"] == type_
    assert (example["seq"] is None) == (type_ in set(PassingType))
    explained = set(re.findall(r"`(\w+)`", description))
    assert set(example["data"]) <= explained | {"detail"}


def test_the_example_of_a_snapshot_is_complete() -> None:
    data = events_shown()["snapshot"][1]["data"]
    assert set(data["task"]) == {
        name for name, field in TaskSerializer().fields.items() if not field.write_only
    }
    assert set(data["call"]) == set(CallSerializer().fields)
    assert set(data["turns"][0]) == set(TurnSerializer().fields)
    assert set(data["recording"]) == set(RecordingSerializer().fields)
