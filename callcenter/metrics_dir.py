"""Where the processes of an installation keep their counters for `/metrics`: a new, empty folder at each start."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  a folder with a name of its own is made in it


def begin(run_dir: Path) -> Path:
    """Forget what an earlier start has left, and make the folder; `run_dir/metrics` leads to it.

    It is kept in memory where that can be had: the files are memory-mapped, and writing to one on a full disk would
    end the process with SIGBUS, its calls with it.
    """
    end(run_dir)
    in_memory = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="callcenter-metrics-", dir=in_memory or run_dir))
    _link(run_dir).symlink_to(directory)
    return directory


def end(run_dir: Path) -> None:
    """Remove the folder."""
    link = _link(run_dir)
    if link.is_symlink():
        shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink()


def _link(run_dir: Path) -> Path:
    return run_dir / "metrics"
