"""Seeded dither: makes every window of an utterance unique without being heard.

The lowest bit of a mu-law code is the finest step there is at that loudness: flipping it at random adds noise
about as strong as the coding itself, and in silence swaps 0 for +8 out of 32 124. A window of 160 bytes so
carries 160 random bits, in its silent parts too: no two windows of the world agree by chance.
"""

from __future__ import annotations

import random

WINDOW_BYTES = 160
"""One window: 20 ms of mu-law at 8 kHz."""

SILENCE = 0xFF
"""The mu-law code of zero."""


def dither(audio: bytes, seed: str) -> bytes:
    """Flip the lowest bit of each mu-law byte of `audio` at random; the same `seed` gives the same bytes."""
    if not audio:
        return audio
    flips = random.Random(seed).getrandbits(8 * len(audio)) & int.from_bytes(b"\x01" * len(audio), "big")
    return (int.from_bytes(audio, "big") ^ flips).to_bytes(len(audio), "big")


def pad_to_windows(audio: bytes) -> bytes:
    """`audio` with silence appended up to a whole number of windows."""
    return audio + bytes([SILENCE]) * (-len(audio) % WINDOW_BYTES)
