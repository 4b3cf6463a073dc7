"""The running processes of one product, found by the DATA_ROOT in their environment."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Running:
    """A process: its command line and its environment as it was started."""

    pid: int
    command: str
    environment: dict[str, str]


def processes_of(data_root: Path) -> list[Running]:
    """Every process of the product whose data lie in `data_root`. Skips the test where there is no /proc."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("looks processes up in /proc")
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is somebody else's
            if entry.name.isdigit():
                running = Running(int(entry.name), _command(entry), _environment(entry))
                if running.command and running.environment.get("DATA_ROOT") == str(data_root):
                    found.append(running)
    return found


def _command(entry: Path) -> str:
    return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def _environment(entry: Path) -> dict[str, str]:
    lines = (entry / "environ").read_bytes().decode(errors="surrogateescape").split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)
