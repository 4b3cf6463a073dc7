"""The audio of telephone calls: 8 kHz mu-law, mono, one byte a sample (ITU-T G.711)."""

from __future__ import annotations

from typing import Final

BYTES_PER_MS: Final = 8

SILENCE: Final = b"\xff"
"""Mu-law zero: one sample of quiet."""
