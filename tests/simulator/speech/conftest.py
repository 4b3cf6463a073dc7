"""Utterances and rooms for the tests of speech and hearing."""

from __future__ import annotations

import pytest

from simulator.room import Room
from simulator.speech import Utterance, speak
from simulator.world import World

TEXT = "Thanks for calling Acme. This is Dana speaking, how may I help you today?"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def room(world: World) -> Room:
    return world.room("CA1")


@pytest.fixture
async def utterance(room: Room) -> Utterance:
    """Something the callee said in `room`."""
    spoken = await speak(TEXT, speaker="callee", seed=7)
    room.spoken(spoken)
    return spoken
