"""The queue of agent audio: order, marks, clear, and when each run of it was heard."""

from __future__ import annotations

import pytest

from simulator.twilio.playback import MAX_QUEUED_BYTES, SILENCE, Cleared, Playback

pytestmark = pytest.mark.unit


def ticks(playback: Playback, count: int, start_ms: float = 0) -> list[tuple[bytes, tuple[str, ...]]]:
    played = [playback.tick(start_ms + 20 * index) for index in range(count)]
    return [(tick.frame, tick.marks) for tick in played]


def test_odd_chunks_come_out_in_order_in_frames_of_160() -> None:
    audio = bytes(range(256)) * 2
    playback = Playback()
    for at in range(0, len(audio), 100):
        playback.enqueue(audio[at : at + 100])
    frames = [frame for frame, _ in ticks(playback, 5)]
    assert b"".join(frames) == audio.ljust(5 * 160, SILENCE)


def test_a_run_ends_with_its_last_sample_not_with_its_last_frame() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 400)
    ticks(playback, 4, start_ms=1000)
    (run,) = playback.runs
    assert (run.start_ms, run.end_ms, run.n_bytes, run.cut) == (1000, 1050, 400, False)


def test_a_run_that_fills_its_last_frame_ends_with_it() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 320)
    ticks(playback, 2)
    assert playback.runs[0].open
    tick = playback.tick(40)
    assert tick.ended is playback.runs[0]
    assert playback.runs[0].end_ms == 40


def test_a_gap_makes_two_runs() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 160)
    ticks(playback, 2)
    playback.enqueue(b"\x00" * 160)
    ticks(playback, 2, start_ms=40)
    assert [(run.start_ms, run.end_ms) for run in playback.runs] == [(0, 20), (40, 60)]


def test_speech_does_not_begin_with_a_scrap_when_more_is_coming() -> None:
    playback = Playback()
    playback.enqueue(b"\x01" * 100)
    assert playback.tick(0).frame == SILENCE * 160
    playback.enqueue(b"\x01" * 60)
    assert playback.tick(20).frame == b"\x01" * 160


def test_a_scrap_alone_is_played_one_tick_later() -> None:
    playback = Playback()
    playback.enqueue(b"\x01" * 100)
    playback.tick(0)
    assert playback.tick(20).frame == b"\x01" * 100 + SILENCE * 60


def test_mark_is_reached_when_what_was_queued_before_it_has_been_played() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 320)
    playback.mark("middle")
    playback.enqueue(b"\x00" * 320)
    playback.mark("end")
    assert [marks for _, marks in ticks(playback, 6)] == [(), (), ("middle",), (), ("end",), ()]


def test_clear_drops_what_waits_and_returns_every_pending_mark() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 800)
    playback.mark("a")
    playback.mark("b")
    playback.tick(0)
    assert playback.clear() == Cleared(640, ("a", "b"), playback.runs[0])
    assert playback.tick(20).ended is None
    assert (playback.runs[0].end_ms, playback.runs[0].cut) == (20, True)


def test_audio_after_clear_is_a_new_run_and_marks_count_from_there() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 800)
    playback.tick(0)
    playback.clear()
    playback.enqueue(b"\x05" * 160)
    playback.mark("new")
    assert ticks(playback, 2, start_ms=20) == [(b"\x05" * 160, ()), (SILENCE * 160, ("new",))]
    assert [(run.start_ms, run.end_ms, run.cut) for run in playback.runs] == [(0, 20, True), (20, 40, False)]


def test_more_than_ten_minutes_is_discarded() -> None:
    playback = Playback()
    assert playback.enqueue(b"\x00" * MAX_QUEUED_BYTES) == 0
    assert playback.enqueue(b"\x00" * 8) == 8
    assert playback.queued_bytes == MAX_QUEUED_BYTES


def test_hanging_up_ends_the_run_with_the_frame_being_played() -> None:
    playback = Playback()
    playback.enqueue(b"\x00" * 800)
    playback.tick(0)
    run = playback.stop()
    assert run is not None
    assert (run.end_ms, run.open) == (20, False)
    assert playback.stop() is None
