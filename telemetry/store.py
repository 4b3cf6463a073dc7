"""A file of lines, of events or of a log: several processes append to it at once, and it is rotated by size."""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 50 * 1024 * 1024
KEPT_FILES: Final = 3


@dataclass(frozen=True, slots=True)
class LineFile:
    """Appends to `path`; once it has `max_bytes` it becomes `path.1`, and so on up to `path.<kept_files>`."""

    path: Path
    max_bytes: int = MAX_BYTES
    kept_files: int = KEPT_FILES

    def append(self, lines: bytes) -> None:
        """Add whole lines, in one write that the other processes' writes cannot split. Raises OSError.

        A disk that fills up in the middle leaves an unfinished line. It is ended where possible; readers skip
        what they cannot read.
        """
        if self._is_full():
            self._rotate()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(descriptor, lines)
            if written < len(lines):
                os.write(descriptor, b"\n")
                raise OSError("only a part of the lines could be written")
        finally:
            os.close(descriptor)

    def open_files(self) -> list[int]:
        """Descriptors of the file and of those before it, newest first, for reading; the caller closes them.

        No file is missed or opened twice because of a rotation meanwhile.
        """
        names = [self.path, *(Path(f"{self.path}.{number}") for number in range(1, self.kept_files + 1))]
        found = []
        try:
            with Path(f"{self.path}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH)
                for name in names:
                    with contextlib.suppress(FileNotFoundError):
                        found.append(os.open(name, os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError:  # not even a folder
            return []
        return found

    def _is_full(self) -> bool:
        try:
            return self.path.stat().st_size >= self.max_bytes
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        """Rename the files, once, however many processes want to. A write that overlaps lands in `path.1`."""
        with Path(f"{self.path}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._is_full():
                return  # another process was faster
            for number in range(self.kept_files - 1, 0, -1):
                older = Path(f"{self.path}.{number}")
                if older.exists():
                    older.replace(f"{self.path}.{number + 1}")
            self.path.replace(f"{self.path}.1")
