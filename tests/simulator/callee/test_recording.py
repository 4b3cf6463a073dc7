"""Recordings a callee opens with."""

from __future__ import annotations

import audioop
import struct
import wave
from pathlib import Path

import pytest

from simulator.callee.recording import Recording, RecordingError, load_recording

pytestmark = pytest.mark.unit

LINEAR = struct.pack("<4h", 0, 1000, -1000, 30000)


def pcm(path: Path, rate_hz: int = 8000, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setframerate(rate_hz)
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.writeframes(LINEAR)
    return path


def mulaw_wav(path: Path, audio: bytes) -> Path:
    form = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # odd sizes are padded
    body = (
        b"fmt " + struct.pack("<I", len(form)) + form + note + b"data" + struct.pack("<I", len(audio)) + audio
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    return path


def test_raw_mulaw_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "v.ulaw").write_bytes(b"\x01\x02")
    (tmp_path / "v.txt").write_text(" Hello.\n")
    assert load_recording(tmp_path / "v.ulaw") == Recording(b"\x01\x02", "Hello.")


def test_wav_of_16_bits_becomes_mulaw(tmp_path: Path) -> None:
    assert load_recording(pcm(tmp_path / "v.wav")) == Recording(audioop.lin2ulaw(LINEAR, 2), None)


def test_wav_of_mulaw_is_taken_as_it_is(tmp_path: Path) -> None:
    assert load_recording(mulaw_wav(tmp_path / "v.wav", b"\x01\x02\x03")).audio == b"\x01\x02\x03"


def test_what_cannot_be_played_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.ulaw").write_bytes(b"")
    (tmp_path / "text.wav").write_text("hello")
    refused = {
        tmp_path / "missing.wav": "cannot be read",
        tmp_path / "empty.ulaw": "has no audio",
        tmp_path / "text.wav": "not a WAV file",
        pcm(tmp_path / "fast.wav", rate_hz=16000): "8000 Hz, mono",
        pcm(tmp_path / "stereo.wav", channels=2): "8000 Hz, mono",
        pcm(tmp_path / "coarse.wav", width=1): "8000 Hz, mono",
    }
    for path, reason in refused.items():
        with pytest.raises(RecordingError, match=reason):
            load_recording(path)


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "v.mp3").write_bytes(b"ID3")
    with pytest.raises(RecordingError, match=r"must be a \.wav or a \.ulaw"):
        load_recording(tmp_path / "v.mp3")
