"""How long something took, or when in a call it was, as a person reads it. No I/O."""

from __future__ import annotations


def clock_time(seconds: int) -> str:
    """`4:07`, or `1:02:30` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
