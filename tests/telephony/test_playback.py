"""What was heard of the agent's audio, and where it is put in the recording."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.playback import SETTLE_MS, Playback
from tests.telephony.sounds import numbered

pytestmark = pytest.mark.unit


def test_audio_is_played_from_when_it_was_sent_and_without_gaps() -> None:
    playback = Playback()
    playback.send(bytes(800), 1000)
    playback.send(bytes(800), 1010)
    assert playback.played(1000) == 0
    assert playback.played(1050) == 400
    assert playback.played(1150) == 1200
    assert playback.played(9999) == 1600
    assert not playback.is_playing(1200)


def test_audio_that_comes_after_the_end_begins_when_it_comes() -> None:
    playback = Playback()
    playback.send(bytes(800), 1000)
    playback.send(bytes(800), 2000)
    assert playback.played(1999) == 800
    assert playback.played(2050) == 1200


def test_a_mark_is_due_every_200_ms_of_audio_and_at_the_end() -> None:
    playback = Playback()
    playback.send(bytes(8 * 199), 0)
    assert playback.next_mark() is None
    playback.send(bytes(8), 0)
    assert playback.next_mark() == "m1"
    assert playback.next_mark(at_end=True) is None
    playback.send(bytes(80), 0)
    assert playback.next_mark() is None
    assert playback.next_mark(at_end=True) == "m2"


def test_an_echo_confirms_what_was_played() -> None:
    playback = Playback()
    playback.send(bytes(3200), 0)
    name = playback.next_mark()
    assert name is not None
    assert playback.echo(name, 405)
    assert playback.confirmed == 3200


def test_clear_drops_what_was_not_played_and_its_marks_confirm_nothing() -> None:
    playback = Playback()
    playback.send(bytes(8000), 0)
    name = playback.next_mark()
    assert playback.clear(300) == 8000 - 2400
    assert playback.sent == 2400
    assert name is not None
    assert not playback.echo(name, 305)
    assert playback.confirmed == 0
    playback.send(bytes(800), 900)
    assert playback.played(950) == 2400 + 400


def test_audio_is_recorded_where_it_sounded_each_byte_once() -> None:
    playback = Playback()
    sound = numbered(8000)
    playback.send(sound[:3000], 100)
    playback.send(sound[3000:], 150)
    placed = []
    for now_ms in range(0, 3000, 50):
        placed += playback.settled(now_ms)
    assert b"".join(p.audio for p in placed) == sound
    assert placed[0].start_ms == 100
    position_ms = 100.0
    for piece in placed:
        assert piece.start_ms == pytest.approx(position_ms)
        position_ms += len(piece.audio) / 8


def test_nothing_is_recorded_that_was_cleared() -> None:
    playback = Playback()
    sound = numbered(8000)
    playback.send(sound[:1600], 0)
    name = playback.next_mark()
    assert name is not None
    playback.send(sound[1600:], 0)
    assert playback.settled(700) == []  # where it sounds is not known yet
    playback.echo(name, 200)
    early = playback.settled(700)
    assert sum(len(p.audio) for p in early) == (700 - SETTLE_MS) * 8
    playback.clear(720)
    late = playback.settled(float("inf"))
    assert b"".join(p.audio for p in [*early, *late]) == numbered(720 * 8)


def echoed(playback: Playback, *times_ms: float) -> list[float]:
    """Send 400 ms of audio for each time, 10 ms before the line starves; when it is recorded, if that is its echo's."""
    names = []
    for i in range(len(times_ms)):
        playback.send(bytes(3200), max(0, 400 * i - 10))
        names.append(playback.next_mark())
    for name, at_ms in zip(names, times_ms, strict=True):
        assert name is not None
        playback.echo(name, at_ms)
    return [p.start_ms for p in playback.settled(float("inf"))]


def test_a_late_echo_moves_what_came_when_the_line_had_little_left() -> None:
    assert echoed(Playback(), 400, 1000) == [0, 600]


def test_a_late_echo_where_audio_was_waiting_is_only_late_itself() -> None:
    playback = Playback()
    playback.send(bytes(3200), 0)
    first = playback.next_mark()
    playback.send(bytes(3200), 0)
    second = playback.next_mark()
    assert first is not None
    assert second is not None
    playback.echo(first, 400)
    playback.echo(second, 1000)  # a line that has 400 ms to play does not fall silent
    assert [p.start_ms for p in playback.settled(float("inf"))] == [0]


def test_the_quickest_of_the_first_echoes_counts() -> None:
    assert echoed(Playback(), 650, 850) == [50]


def test_audio_that_is_never_confirmed_is_recorded_all_the_same() -> None:
    playback = Playback()
    playback.send(numbered(800), 0)
    assert playback.settled(1000) == []
    assert [(p.start_ms, len(p.audio)) for p in playback.settled(1100)] == [(0, 800)]


@pytest.mark.parametrize("one_way_ms", [0, 30, 75, 150])
def test_a_line_with_delay_is_learned_from_its_first_marks_and_stays_learned(one_way_ms: int) -> None:
    playback = Playback()
    for reply in range(4):
        begin_ms = 2000.0 * reply
        playback.send(bytes(6400), begin_ms)
        name = playback.next_mark()
        assert name is not None
        playback.echo(name, begin_ms + 800 + 2 * one_way_ms)
        heard_here_ms = begin_ms + 2 * one_way_ms  # as late as the phone's own sound comes
        slack_ms = 40 if reply == 0 else 1
        assert playback.starts_ms(6400 * reply) == pytest.approx(heard_here_ms, abs=slack_ms)
        playback.settled(begin_ms + 1999)


def test_small_differences_correct_nothing() -> None:
    playback = Playback()
    playback.send(bytes(3200), 0)
    name = playback.next_mark()
    assert name is not None
    playback.echo(name, 430)
    assert [p.start_ms for p in playback.settled(float("inf"))] == [0.0]


def test_what_is_recorded_stays_played_when_the_next_reply_has_not_begun() -> None:
    playback = Playback()
    playback.send(bytes(1605), 0)
    name = playback.next_mark()
    playback.send(bytes(7), 0)
    assert name is not None
    playback.echo(name, 205)  # confirms all but the last 7 bytes, and that audio sounds 4 ms late
    playback.send(bytes(800), 700)
    assert sum(len(placed.audio) for placed in playback.settled(702)) == 1612
    assert playback.played(702) == 1612
    assert playback.clear(702) == 800
    assert playback.sent == 1612


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(["send", "send", "send", "clear", "echo", "settle"])),
        max_size=60,
    )
)
def test_any_history_keeps_the_record_in_order_and_whole(history: list[tuple[int, str]]) -> None:
    playback = Playback()
    now_ms, placed, marks = 0.0, [], []
    for step_ms, action in history:
        now_ms += step_ms
        match action:
            case "send":
                playback.send(bytes(step_ms * 7), now_ms)
                if (name := playback.next_mark()) is not None:
                    marks.append(name)
            case "clear":
                playback.clear(now_ms)
            case "echo" if marks:
                playback.echo(marks.pop(0), now_ms)
            case "settle":
                placed += playback.settled(now_ms)
        assert 0 <= playback.played(now_ms) <= playback.sent
    playback.clear(now_ms)
    placed += playback.settled(float("inf"))
    assert sum(len(p.audio) for p in placed) == playback.sent
    for earlier, later in itertools.pairwise(placed):
        assert later.start_ms >= earlier.start_ms + len(earlier.audio) / 8 - 0.001
