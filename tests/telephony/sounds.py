"""Mu-law sounds for tests: a voice that counts as one, and silence."""

from __future__ import annotations

import audioop
import math
import struct

SILENCE_MS = b"\xff" * 8


def voice(ms: float, *, hertz: float = 200.0, loudness: int = 8000) -> bytes:
    """A tone as loud as a voice, mu-law at 8 kHz."""
    samples = (int(loudness * math.sin(2 * math.pi * hertz * i / 8000)) for i in range(int(ms * 8)))
    return audioop.lin2ulaw(b"".join(struct.pack("<h", s) for s in samples), 2)


def silence(ms: float) -> bytes:
    """Mu-law zeros."""
    return b"\xff" * int(ms * 8)


def numbered(size: int, *, start: int = 0) -> bytes:
    """Bytes that tell where they come from."""
    return bytes((start + i) % 251 for i in range(size))
