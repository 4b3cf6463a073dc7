"""Faults in the log without what they quote: an error's text may hold a phone number or a spoken sentence."""

from __future__ import annotations

import traceback


def where(error: BaseException) -> str:
    """The type of an error and the place it comes from: `OperationalError at services.py:120`."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    ours = next((f for f in reversed(frames) if "/telephony/" in f.filename), None)
    if ours is not None and ours is not frames[-1]:
        place += f", by telephony/{ours.filename.rsplit('/telephony/', 1)[-1]}:{ours.lineno}"
    return f"{type(error).__name__}{place}"
