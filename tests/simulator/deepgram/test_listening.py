"""Whose turn it is, from audio alone."""

from __future__ import annotations

import pytest

from simulator.deepgram.listening import Listener, TurnEdge
from simulator.speech import speak
from simulator.world import World

pytestmark = pytest.mark.unit


def quiet(ms: int) -> bytes:
    return b"\xff" * 8 * ms


@pytest.mark.parametrize("frame_bytes", [160, 333, 8000])
async def test_the_edges_of_turns(frame_bytes: int) -> None:
    room = World().room("CA1")
    one = await speak("Let me see", speaker="callee", seed=1)
    two = await speak("Yes I can do that", speaker="callee", seed=2)
    room.spoken(one)
    room.spoken(two)
    listener = Listener(room.ear("callee"), pause_ms=200, end_ms=600)
    stream = quiet(500) + one.audio + quiet(400) + two.audio + quiet(700) + one.audio + quiet(700)

    events = []
    for at in range(0, len(stream), frame_bytes):
        events += listener.feed(stream[at : at + frame_bytes])

    assert [(event.edge, event.text) for event in events if event.edge is not TurnEdge.STARTED] == [
        (TurnEdge.PAUSED, "Let me see"),
        (TurnEdge.RESUMED, "Let me see"),
        (TurnEdge.PAUSED, "Let me see Yes I can do that"),
        (TurnEdge.ENDED, "Let me see Yes I can do that"),
        (TurnEdge.PAUSED, "Let me see"),
        (TurnEdge.ENDED, "Let me see"),
    ]
    assert [event.edge for event in events].count(TurnEdge.STARTED) == 2
    assert not listener.in_turn


async def test_a_stream_that_stops_ends_no_turn_but_force_does() -> None:
    room = World().room("CA1")
    said = await speak("Let me see", speaker="callee", seed=1)
    room.spoken(said)
    listener = Listener(room.ear("callee"), pause_ms=200, end_ms=600)
    assert listener.force_end() is None

    listener.feed(said.audio + quiet(400))
    assert listener.in_turn
    event = listener.force_end()

    assert event is not None
    assert (event.edge, event.text) == (TurnEdge.ENDED, "Let me see")
    assert not listener.in_turn
