"""Where the processes of an installation keep their counters for `/metrics`: a new, empty folder at each start."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  a folder with a name of its own is made in it
_PREFIX = "callcenter-metrics-"
_LOCK = "in-use"


class MetricsDir:
    """The folder, at `path`, until `remove` or until this process is gone: then the next start removes it.

    It is kept in memory where that can be had: the files are memory-mapped, and writing to one on a full disk would
    end the process with SIGBUS, its calls with it.
    """

    def __init__(self, run_dir: Path, memory: Path = _MEMORY) -> None:
        parent = memory if os.access(memory, os.W_OK | os.X_OK) else run_dir
        _remove_abandoned(parent)
        unlocked = Path(tempfile.mkdtemp(prefix=f"new-{_PREFIX}", dir=parent))
        self._lock = (unlocked / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = unlocked.rename(unlocked.with_name(unlocked.name.removeprefix("new-")))

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of those who were killed: nobody holds their locks any more."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:  # removed before, while its processes were still ending
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, or somebody else's
            continue
