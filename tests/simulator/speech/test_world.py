"""Rooms, their timelines on one clock, and what is forgotten."""

from __future__ import annotations

import pytest

from simulator.ear import INAUDIBLE
from simulator.room import Room
from simulator.speech import Utterance
from simulator.world import World

pytestmark = pytest.mark.unit


def test_a_call_has_one_room(world: World) -> None:
    assert world.room("CA1") is world.room("CA1")
    assert world.room("CA1") is not world.room("CA2")


def test_only_the_latest_rooms_are_kept() -> None:
    world = World(max_rooms=2)
    for sid in ("CA1", "CA2", "CA3"):
        world.room(sid)

    assert list(world.rooms) == ["CA2", "CA3"]


def test_notes_stand_on_the_worlds_clock(world: World, room: Room) -> None:
    before_ms = world.now_ms()
    room.note("stop", by="caller")
    world.room("CA2").note("start")

    (entry,) = room.timeline
    (later,) = world.room("CA2").timeline
    assert (entry["kind"], entry["by"]) == ("stop", "caller")
    assert before_ms - 1 <= float(str(entry["at_ms"])) <= float(str(later["at_ms"]))


def test_after_the_call_its_words_are_forgotten_and_its_timeline_is_not(
    room: Room, utterance: Utterance
) -> None:
    room.note("stop")
    room.hush()
    ear = room.ear("callee")
    ear.feed(utterance.audio)

    assert ear.take() == INAUDIBLE
    assert len(room.timeline) == 1
