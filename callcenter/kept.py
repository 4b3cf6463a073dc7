"""Random texts made on the first start and kept in files: the key that signs sessions, the id of DATA_ROOT."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def text_in(path: Path, make: Callable[[], str]) -> str:
    """Read the file at `path`, making it first (mode 0600) where it is missing.

    Several processes may start at once: whoever links the file first decides, the others read it.

    Raises:
        OSError: when the folder cannot be written or the file cannot be read.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(make())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text().strip()
