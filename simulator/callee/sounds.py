"""Sounds of telephone machines as mu-law 8 kHz: the music one holds to, and the tone one speaks after."""

from __future__ import annotations

import audioop
import math
from array import array
from functools import lru_cache

RATE_HZ = 8000
BEEP_HZ = 1000
BEEP_MS = 400

_BEEP_PEAK = 8000
_MUSIC_PEAK = 2200
_NOTE_MS = 300
_CHORDS_HZ = (
    (261.6, 329.6, 392.0),
    (220.0, 261.6, 329.6),
    (174.6, 220.0, 261.6),
    (196.0, 246.9, 293.7),
)
_NOTES_IN_A_CHORD = 4


@lru_cache(maxsize=1)
def beep() -> bytes:
    """The tone after a voicemail greeting."""
    samples = RATE_HZ * BEEP_MS // 1000
    return _mulaw([_BEEP_PEAK * math.sin(math.tau * BEEP_HZ * n / RATE_HZ) for n in range(samples)])


@lru_cache(maxsize=8)
def music(length_ms: int) -> bytes:
    """Chords with a plucked tune over them, as loud as speech and never quiet: energy without words."""
    return _mulaw([_MUSIC_PEAK * _music_at(n / RATE_HZ) for n in range(RATE_HZ * length_ms // 1000)])


def _music_at(at_s: float) -> float:
    """The wave at `at_s`, between -1 and 1."""
    note, into_note_s = divmod(at_s, _NOTE_MS / 1000)
    chord = _CHORDS_HZ[int(note) // _NOTES_IN_A_CHORD % len(_CHORDS_HZ)]
    tune_hz = 2 * chord[int(note) * 2 % len(chord)]
    held = sum(math.sin(math.tau * hz * at_s) for hz in chord) / len(chord)
    plucked = math.exp(-6 * into_note_s) * math.sin(math.tau * tune_hz * at_s)
    return 0.6 * held + 0.4 * plucked


def _mulaw(samples: list[float]) -> bytes:
    return audioop.lin2ulaw(array("h", map(round, samples)).tobytes(), 2)
