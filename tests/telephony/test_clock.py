"""Frames on the call clock."""

from __future__ import annotations

import pytest

from telephony.clock import FAR_AHEAD_MS, CallClock, StreamClock

pytestmark = pytest.mark.unit


def test_frames_stand_where_their_timestamps_say() -> None:
    stream = StreamClock(CallClock(100.0))
    assert stream.start_ms(60, 100.5) == pytest.approx(500)
    assert stream.start_ms(80, 100.9) == pytest.approx(520)  # late, as a frame may be


def test_a_frame_that_was_delayed_less_moves_the_clock() -> None:
    clock = CallClock(100.0)
    stream = StreamClock(clock)
    stream.start_ms(0, 100.5)
    assert stream.start_ms(1000, 101.3) == pytest.approx(1500)
    assert clock.at_ms(101.3) == pytest.approx(1500)


@pytest.mark.parametrize("ahead_ms", [int(FAR_AHEAD_MS) + 100, 86_400_000, 10**15])
def test_a_timestamp_that_cannot_be_is_no_time_and_moves_nothing(ahead_ms: int) -> None:
    clock = CallClock(100.0)
    stream = StreamClock(clock)
    stream.start_ms(0, 100.0)
    assert stream.start_ms(ahead_ms, 100.02) is None
    assert clock.at_ms(100.02) == pytest.approx(20)
    assert stream.start_ms(20, 100.04) == pytest.approx(20)
