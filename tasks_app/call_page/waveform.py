"""The shape of a recording: the loudest sample of each side in each of many equal pieces."""

from __future__ import annotations

import audioop
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.core.cache import cache

PIECES: Final = 1_000
_KEPT_S: Final = 24 * 3600
_WIDTH: Final = 2  # bytes of a sample


@dataclass(frozen=True, slots=True)
class Waveform:
    """Peaks are 0 to 255; both sides have as many of them."""

    duration_ms: int
    caller: list[int]
    agent: list[int]

    def to_json(self) -> dict[str, Any]:
        return {"duration_ms": self.duration_ms, "caller": self.caller, "agent": self.agent}


def waveform(stereo: Path) -> dict[str, Any]:
    """The shape of a WAV file with the caller left and the agent right, kept for a day.

    Raises:
        OSError, EOFError, wave.Error: the file cannot be read, or is no WAV file.
    """
    stat = stereo.stat()
    key = f"waveform:{stereo.parent.name}:{stat.st_mtime_ns:x}:{stat.st_size:x}"
    kept: dict[str, Any] | None = cache.get(key)
    if kept is None:
        kept = measure(stereo).to_json()
        cache.set(key, kept, _KEPT_S)
    return kept


def measure(stereo: Path) -> Waveform:
    """Read the whole file, a piece at a time."""
    with wave.open(str(stereo), "rb") as file:
        frames, rate = file.getnframes(), file.getframerate()
        peaks = list(_peaks(file, frames))
    return Waveform(round(frames * 1000 / rate), [left for left, _ in peaks], [right for _, right in peaks])


def _peaks(file: wave.Wave_read, frames: int) -> Iterator[tuple[int, int]]:
    pieces = min(PIECES, frames)
    for piece in range(pieces):
        length = frames * (piece + 1) // pieces - frames * piece // pieces
        both = file.readframes(length)
        left, right = audioop.tomono(both, _WIDTH, 1, 0), audioop.tomono(both, _WIDTH, 0, 1)
        yield audioop.max(left, _WIDTH) >> 7, audioop.max(right, _WIDTH) >> 7
