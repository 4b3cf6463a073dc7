"""Runs a command that dies with the process that started it: `python child.py PARENT_PID SIGNAL COMMAND...`.

Linux's kernel does that by itself (prctl PR_SET_PDEATHSIG). Elsewhere this process stays and watches its parent.
Runs by path with no import of the product, because it stands before every process of `manage.py up`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
WATCH_EVERY_S = 0.25
KILL_AFTER_S = 5.0


def main(arguments: list[str]) -> int:
    parent, sig, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    if die_with(parent, sig):
        os.execvp(command[0], command)  # noqa: S606
    return watch(parent, sig, command)


def die_with(parent: int, sig: int) -> bool:
    """Have the kernel send this process `sig` when its parent ends; False where it cannot, and nothing is done.

    Raises:
        SystemExit: the parent has ended already.
    """
    if os.uname().sysname != "Linux":
        return False
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, sig)
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)
    return True


def watch(parent: int, sig: int, command: list[str]) -> int:
    """Run `command` until it ends or `parent` is gone; returns its exit status.

    Signals reach the command directly, because it is in the same process group.
    """
    for ignored in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ignored, lambda *_: None)
    process = subprocess.Popen(command)
    deadline: float | None = None
    while (status := process.poll()) is None:
        if deadline is None and os.getppid() != parent:
            process.send_signal(sig)
            deadline = time.monotonic() + KILL_AFTER_S
        if deadline is not None and time.monotonic() > deadline:
            process.kill()
        time.sleep(WATCH_EVERY_S)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
