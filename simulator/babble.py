"""Speech for machines without a speech engine: babble with the rhythm, length and loudness of the text.

Not intelligible and not meant to be: the ears read windows, not words. It has voiced syllables, short gaps
between words and longer ones at punctuation, so whoever listens for energy hears it as speech.
"""

from __future__ import annotations

import audioop
import math
import re
import zlib
from functools import lru_cache

RATE_HZ = 8000
WORDS_PER_MINUTE = 170
PITCHES_HZ = (108, 121, 176, 201)

_WORD_MS = 60_000 / WORDS_PER_MINUTE
_AVERAGE_LETTERS = 4.7
_WORD_GAP_MS = 45
_PAUSE_MS = {",": 160, ";": 200, ":": 200, ".": 280, "!": 280, "?": 280}
_PEAK = 9000
# First and second formant of each vowel, in Hz.
_FORMANTS_HZ = {"a": (730, 1090), "e": (530, 1840), "i": (300, 2290), "o": (570, 840), "u": (330, 870)}
_STEP_MS = 10


def babble(text: str, voice: str) -> bytes:
    """Mu-law 8 kHz audio for `text`; the same text and voice always give the same bytes."""
    pitch_hz = PITCHES_HZ[zlib.crc32(voice.encode()) % len(PITCHES_HZ)]
    sound = bytearray()
    for token in re.findall(r"[^\s,;:.!?]+|[,;:.!?]", text):
        pause_ms = _PAUSE_MS.get(token)
        sound += _quiet(pause_ms) if pause_ms else _word(token, pitch_hz) + _quiet(_WORD_GAP_MS)
    return audioop.lin2ulaw(bytes(sound), 2)


def _word(word: str, pitch_hz: int) -> bytes:
    length_ms = (_WORD_MS - _WORD_GAP_MS) * (0.4 + 0.6 * len(word) / _AVERAGE_LETTERS)
    vowels = re.findall("[aeiou]", word.lower()) or ["e"]
    return b"".join(_syllable(vowel, pitch_hz, length_ms / len(vowels)) for vowel in vowels)


def _syllable(vowel: str, pitch_hz: int, length_ms: float) -> bytes:
    """A vowel that swells and fades, never down to silence, so that a word is one stretch of voice."""
    period = _glottal_period(vowel, pitch_hz)
    steps = max(3, round(length_ms / _STEP_MS))
    step_bytes = RATE_HZ * _STEP_MS // 1000 * 2
    sound = period * (steps * step_bytes // len(period) + 1)
    return b"".join(
        audioop.mul(sound[step * step_bytes : (step + 1) * step_bytes], 2, _envelope(step / (steps - 1)))
        for step in range(steps)
    )


def _envelope(position: float) -> float:
    return 0.35 + 0.65 * math.sin(math.pi * position)


@lru_cache(maxsize=64)
def _glottal_period(vowel: str, pitch_hz: int) -> bytes:
    """One period of the voice as 16-bit samples: harmonics, louder the nearer they are to a formant."""
    samples = RATE_HZ // pitch_hz
    harmonics = range(1, 3400 // pitch_hz)
    weights = [
        sum(1 / (1 + ((n * pitch_hz - formant) / 120) ** 2) for formant in _FORMANTS_HZ[vowel]) / math.sqrt(n)
        for n in harmonics
    ]
    wave = [
        sum(w * math.sin(2 * math.pi * n * t / samples) for n, w in zip(harmonics, weights, strict=True))
        for t in range(samples)
    ]
    scale = _PEAK / max(abs(value) for value in wave)
    return b"".join(round(value * scale).to_bytes(2, "little", signed=True) for value in wave)


def _quiet(length_ms: float) -> bytes:
    return bytes(2 * round(RATE_HZ * length_ms / 1000))
