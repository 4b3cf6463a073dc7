"""What is written under DATA_ROOT is for the server's own user: transcripts, limits and recordings lie there.

DATA_ROOT itself keeps the mode it has: it may be a folder that others made, and that holds other things.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_OTHERS = 0o077


def make_data_root(path: Path) -> None:
    """Make DATA_ROOT where it is missing, and a private folder in it for the recordings.

    Raises:
        OSError: it cannot be made or written.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied")
    make_private_folder(path / "recordings")


def make_private_folder(path: Path) -> None:
    """Make it for this user alone, or take others' rights to it away.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take_from_others(path)


def make_private_database(path: Path) -> None:
    """Let SQLite find a file that others cannot read; its `-wal` and `-shm` get the mode of that file.

    Where the file cannot be made, SQLite says so itself.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        _take_from_others(file)


def _take_from_others(path: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else's, or not there
        mode = path.stat().st_mode & 0o777
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
