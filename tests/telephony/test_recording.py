"""Tracks on disk, and the WAV files made of them."""

from __future__ import annotations

import audioop
import uuid
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from telephony import recording
from tests.telephony.sounds import numbered

pytestmark = pytest.mark.unit


@pytest.fixture
def call_id(tmp_path: Path, settings: Settings) -> uuid.UUID:
    settings.DATA_ROOT = tmp_path
    return uuid.uuid4()


def mulaw(call_id: uuid.UUID, side: str) -> bytes:
    with wave.open(str(recording.wav_path(call_id, side))) as wav:
        assert (wav.getframerate(), wav.getsampwidth()) == (8000, 2)
        return audioop.lin2ulaw(wav.readframes(wav.getnframes()), 2)


def as_recorded(sound: bytes) -> bytes:
    """Mu-law has two zeros; a WAV file has one."""
    return audioop.lin2ulaw(audioop.ulaw2lin(sound, 2), 2)


def test_audio_stands_where_it_sounded(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.caller.place(numbered(1600), 100)
    recorder.caller.place(numbered(160, start=7), 300)
    assert recorder.write(recorder.take()) == {}
    recorder.agent.place(numbered(800, start=3), 250)
    assert recorder.write(recorder.take()) == {}
    finished = recording.finish(call_id)
    assert finished == recording.Finished(duration_ms=350, has_audio=True)
    inbound = mulaw(call_id, "inbound")
    assert inbound == as_recorded(b"\xff" * 800 + numbered(1600) + numbered(160, start=7) + b"\xff" * 240)
    outbound = mulaw(call_id, "outbound")
    assert outbound == as_recorded(b"\xff" * 2000 + numbered(800, start=3))
    mixed = mulaw(call_id, "mixed")
    assert (mixed[0::2], mixed[1::2]) == (inbound, outbound)


def test_segments_follow_each_other_on_one_clock(call_id: uuid.UUID) -> None:
    first = recording.Recorder(call_id)
    first.caller.place(numbered(160), 0)
    first.write(first.take())
    second = recording.Recorder(call_id, offset_ms=1000)
    second.caller.place(numbered(160, start=9), 1010)
    second.write(second.take())
    assert recording.finish(call_id).duration_ms == 1030
    assert mulaw(call_id, "inbound")[8080:] == as_recorded(numbered(160, start=9))


def test_rounding_makes_no_gap(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.agent.place(numbered(333), 10.0)
    recorder.agent.place(numbered(333, start=1), 10.0 + 333 / 8 + 0.06)
    assert recorder.write(recorder.take()) == {}
    recording.finish(call_id)
    assert mulaw(call_id, "outbound")[80:] == as_recorded(numbered(333) + numbered(333, start=1))


def test_a_call_without_audio_has_no_files(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.write(recorder.take())
    assert recording.finish(call_id) == recording.Finished(0, has_audio=False)
    assert not recording.wav_path(call_id, "mixed").exists()


def test_files_are_private(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.caller.place(numbered(160), 0)
    assert recorder.write(recorder.take()) == {}
    recording.finish(call_id)
    folder = recording.directory(call_id)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_full_disk_is_noted_and_what_it_refused_comes_later_in_its_place(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.caller.place(numbered(800), 0)
    folder = recording.directory(call_id)
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    recorder.give_back(recorder.write(recorder.take()))
    assert recorder.failure.startswith("The disk refused audio: ")
    recorder.caller.place(numbered(800, start=5), 100)
    folder.unlink()
    assert recorder.write(recorder.take()) == {}
    recording.finish(call_id)
    assert mulaw(call_id, "inbound") == as_recorded(numbered(800) + numbered(800, start=5))


def test_a_write_that_failed_half_way_leaves_nothing_behind(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.caller.place(numbered(800), 0)
    recorder.write(recorder.take())
    (path,) = recording.directory(call_id).glob("caller-*.ulaw")
    path.write_bytes(path.read_bytes() + b"half")
    recorder.caller.place(numbered(80), 100)
    recorder.write(recorder.take())
    assert path.read_bytes() == numbered(800) + numbered(80)


def test_two_who_finish_at_once_do_not_disturb_each_other(call_id: uuid.UUID) -> None:
    recorder = recording.Recorder(call_id)
    recorder.caller.place(numbered(80_000), 0)
    recorder.write(recorder.take())
    with ThreadPoolExecutor(4) as pool:
        results = [done.result() for done in [pool.submit(recording.finish, call_id) for _ in range(8)]]
    assert set(results) == {recording.Finished(10_000, has_audio=True)}
    assert mulaw(call_id, "inbound") == as_recorded(numbered(80_000))
    assert not list(recording.directory(call_id).glob("*.part"))


def test_an_unknown_side_is_refused(call_id: uuid.UUID) -> None:
    with pytest.raises(ValueError, match="mixed, inbound, outbound"):
        recording.wav_path(call_id, "../../etc/passwd")
