"""The table of a call's life, as data."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.lifecycle import LIVE, TABLE, TERMINAL, TWILIO_STATUS, Event, State, advance, states_before

pytestmark = pytest.mark.unit


def test_every_state_but_the_first_is_reached_by_an_event() -> None:
    assert set(TABLE.values()) == set(State) - {State.RESERVED}
    assert set(TABLE) == set(Event)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(sorted(TERMINAL), Event)))
def test_a_terminal_state_absorbs(state: State, event: Event) -> None:
    assert advance(state, event) is state


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_state_can_end_in_every_way(state: State) -> None:
    endings = (Event.COMPLETE, Event.BUSY, Event.NO_ANSWER, Event.FAIL, Event.CANCEL)
    assert {advance(state, event) for event in endings} == TERMINAL


@given(st.lists(st.sampled_from(Event)))
def test_rank_never_falls(events: list[Event]) -> None:
    order = list(State)
    state = State.RESERVED
    for event in events:
        following = advance(state, event)
        assert order.index(following) >= order.index(state)
        state = following


@given(st.permutations([Event.DIAL, Event.QUEUE, Event.RING, Event.ANSWER, Event.END, Event.COMPLETE]))
def test_any_order_of_reports_ends_the_same(events: list[Event]) -> None:
    state = State.RESERVED
    for event in events:
        state = advance(state, event)
    assert state is State.COMPLETED


def test_the_where_of_a_write_is_the_states_that_move() -> None:
    for event in Event:
        assert states_before(event) == {s for s in State if advance(s, event) is not s}
        assert TABLE[event] not in states_before(event)


def test_every_status_of_twilio_is_known() -> None:
    documented = {
        "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
    }  # fmt: skip
    assert set(TWILIO_STATUS) == documented
