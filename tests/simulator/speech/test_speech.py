"""Speech is real sound of the right length, the same each time, and unique in each window."""

from __future__ import annotations

import audioop
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.babble import WORDS_PER_MINUTE, babble
from simulator.dither import dither
from simulator.energy import SpeechDetector, loudness
from simulator.speech import from_recording, seed_for, speak

from .conftest import TEXT

pytestmark = pytest.mark.unit


async def test_the_same_arguments_give_the_same_bytes() -> None:
    first = await speak(TEXT, speaker="callee", seed=1)
    again = await speak(TEXT, speaker="callee", seed=1)
    other = await speak(TEXT, speaker="callee", seed=2)

    assert first == again
    assert (first.id, first.audio) != (other.id, other.audio)
    assert len(first.audio) % 160 == 0
    assert first.duration_ms == len(first.audio) / 8


async def test_every_window_at_every_alignment_is_unique() -> None:
    one = await speak("Yes.", speaker="callee", seed=1)
    two = await speak("Yes.", speaker="callee", seed=2)

    seen = [u.audio[at : at + 160] for u in (one, two) for at in range(len(u.audio) - 159)]

    assert len(set(seen)) == len(seen)


def test_silent_parts_of_a_recording_are_unique_too_and_stay_silent() -> None:
    recording = from_recording(b"\xff" * 16001, None, speaker="callee", seed=1)

    windows = {recording.audio[at : at + 160] for at in range(0, len(recording.audio), 160)}
    assert len(windows) == 101
    assert loudness(recording.audio) < 10


def test_dither_is_far_below_the_voice() -> None:
    audio = babble(TEXT, "en-us")
    plain, dithered = audioop.ulaw2lin(audio, 2), audioop.ulaw2lin(dither(audio, "x"), 2)

    noise = audioop.rms(audioop.add(dithered, audioop.mul(plain, 2, -1), 2), 2)

    assert 0 < noise < audioop.rms(plain, 2) / 15


@pytest.mark.parametrize("words", [4, 15, 40])
def test_babble_lasts_as_long_as_a_person_would(words: int) -> None:
    text = " ".join(["order", "your", "cable", "now"] * (words // 4 + 1)) + "."
    spoken_ms = len(babble(text, "en-us")) / 8

    assert spoken_ms == pytest.approx(len(text.split()) * 60_000 / WORDS_PER_MINUTE, rel=0.25)


def test_babble_differs_by_voice_and_is_heard_as_speech() -> None:
    audio = babble(TEXT, "en-us")
    assert audio != babble(TEXT, "en-us+f3")

    events = SpeechDetector(end_quiet_ms=500).feed(b"\xff" * 1600 + audio + b"\xff" * 8000)

    assert [event.kind for event in events] == ["started", "ended"]
    assert events[0].at_ms == pytest.approx(200, abs=20)
    assert events[1].at_ms == pytest.approx(200 + len(audio) / 8, abs=400)


def test_seeds_differ_by_every_part() -> None:
    assert len({seed_for("CA1", "agent", n) for n in range(50)} | {seed_for("CA2", "agent", 0)}) == 51


@pytest.fixture
def engine_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program called espeak-ng, written in Python, first on PATH."""

    def install(program: str) -> None:
        script = tmp_path / "espeak-ng"
        script.write_text(f"#!{sys.executable}\n{program}")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")

    return install


# As espeak-ng writes it: the header of a stream does not know its length.
STREAMED_WAV = """
import struct, sys
text = sys.stdin.read()
header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0x7FFFF024, b"WAVE", b"fmt ", 16, 1, 1, 22050, 44100, 2, 16,
                     b"data", 0x7FFFF000)
sys.stdout.buffer.write(header + struct.pack("<hh", 8000, -8000) * (11025 * len(text)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs an executable script")
async def test_an_engine_on_path_speaks(engine_on_path: Callable[[str], None]) -> None:
    engine_on_path(STREAMED_WAV)

    spoken = await speak("Abc", speaker="callee", seed=1)

    assert spoken.duration_ms == pytest.approx(3000, abs=40)


@pytest.mark.skipif(sys.platform == "win32", reason="needs an executable script")
async def test_a_broken_engine_is_replaced_by_babble(
    engine_on_path: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    engine_on_path("raise SystemExit(1)")

    spoken = await speak("Nothing works here", speaker="callee", seed=1)

    assert spoken.duration_ms > 500
    assert "using babble" in caplog.text
    assert "Nothing works" not in caplog.text
