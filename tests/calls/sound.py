"""A recording to phone: harmonics in syllables, as loud and as uneven as a voice, with its text beside it."""

from __future__ import annotations

import audioop
import math
import random
import struct
from pathlib import Path

TEXT = "Good morning, this is the billing desk. How may I help you?"


def voice_recording(folder: Path, *, seconds: float = 2.2) -> Path:
    """Write `voice.ulaw` (mu-law, 8 kHz) and `voice.txt` into `folder`; the path of the sound."""
    chance = random.Random(7)
    samples: list[int] = []
    while len(samples) < seconds * 8000:
        pitch, loudness, size = (
            chance.uniform(100, 180),
            chance.uniform(3000, 9000),
            chance.randint(900, 2000),
        )
        for i in range(size):
            wave = sum(math.sin(2 * math.pi * pitch * k * i / 8000) / k for k in range(1, 9))
            noise = chance.uniform(-0.1, 0.1)
            samples.append(int(loudness * math.sin(math.pi * i / size) * (wave / 2.5 + noise)))
        samples += [0] * chance.randint(100, 800)
    path = folder / "voice.ulaw"
    clipped = (max(-32768, min(32767, s)) for s in samples)
    path.write_bytes(audioop.lin2ulaw(b"".join(struct.pack("<h", s) for s in clipped), 2))
    path.with_suffix(".txt").write_text(TEXT)
    return path
