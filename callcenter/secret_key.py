"""The key that signs sessions, made on the first start of an embedded installation."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def kept_in(data_root: Path) -> str:
    """Read `data_root/secret-key`, making it first (mode 0600) where it is missing.

    Several processes may start at once: whoever links the file first decides, the others read it.

    Raises:
        OSError: when the folder cannot be written or the file cannot be read.
    """
    path = data_root / "secret-key"
    if not path.exists():
        draft = data_root / f".secret-key-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text().strip()
