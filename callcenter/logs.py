"""Keeping service.log from filling the disk."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 20_000_000
KEPT = 3


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Rename a log that has grown: .1 is the newest of the old. Its writers notice and begin a new file."""
    if not path.exists() or path.stat().st_size < max_bytes:
        return
    for number in range(KEPT, 0, -1):
        older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
