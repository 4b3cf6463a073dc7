"""What is left after calls: the rows of the product, and what its processes hold open."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from tests.calls.stack import ROOT, Stack, until

LEASE_S = 30

Row = dict[str, Any]
"""One call, as READ_ROWS has it."""

READ_ROWS = """
import json
from django.utils import timezone
from telephony.lifecycle import TERMINAL
from telephony.models import Call

def row(call):
    states = [event.data["state"] for event in call.events.all() if event.type == "call_status"]
    return {
        "id": str(call.pk), "state": call.state, "live": call.is_live, "call_sid": call.call_sid,
        "ended": call.ended_at is not None, "ended_reason": call.ended_reason, "had_audio": bool(call.stream_sid),
        "ends": [state for state in states if state in TERMINAL],
        "recording": call.recording.state if hasattr(call, "recording") else None,
        "lease_s": call.lease_expires_at and (call.lease_expires_at - timezone.now()).total_seconds(),
    }

print(json.dumps([row(c) for c in Call.objects.select_related("recording").prefetch_related("events")]))
"""


def rows(stack: Stack) -> list[Row]:
    """Every call in the product's database, read by its own code in another process."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", READ_ROWS],
        cwd=ROOT,
        env=_environment(stack.process.pid),
        capture_output=True,
        text=True,
        check=True,
    )
    read: list[Row] = json.loads(done.stdout)
    return read


async def told_by_simulator(stack: Stack, what: str) -> Any:
    """What the simulator knows."""
    url = f"{stack.simulator_url}/simulator/{what}"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return await answer.json()


def assert_all_accounted_for(stack: Stack, samples: Sequence[list[Row]] = ()) -> None:
    """Every call has one end, the other side knows the same calls, and none is up.

    `samples` are the rows as they were meanwhile: those that were live had an owner.
    """
    for sample in samples:
        for call in sample:
            if call["live"] and call["had_audio"]:
                assert call["lease_s"] is not None and 0 < call["lease_s"] <= LEASE_S, call
    asyncio.run(until(partial(recordings_closed, stack)))
    everything = rows(stack)
    assert [call for call in everything if call["live"]] == []
    for call in everything:
        assert call["ends"] == [call["state"]], call
        assert call["ended"] and call["ended_reason"], call
        assert call["recording"] == ("finished" if call["had_audio"] else None), call
    ledger = asyncio.run(told_by_simulator(stack, "ledger"))
    placed = [call["sid"] for call in asyncio.run(told_by_simulator(stack, "calls"))]
    assert ledger == {"up": [], "placed": len(placed), "ended": len(placed)}
    assert sorted(placed) == sorted(call["call_sid"] for call in everything if call["call_sid"])


async def recordings_closed(stack: Stack) -> bool:
    """Whether no recording is still open: those of calls with hardly any audio are closed after their end."""
    return all(call["recording"] != "recording" for call in await asyncio.to_thread(rows, stack))


@dataclass(frozen=True)
class Held:
    """What a process holds now. On PostgreSQL a connection is a socket; on SQLite it is open files."""

    memory_mb: float
    sockets: int
    database_files: int
    files: int
    threads: int


def held(stack: Stack, command: str) -> Held:
    """What the process whose command line contains `command` holds."""
    process = Path(f"/proc/{_pid(stack, command)}")
    opened = []
    for link in (process / "fd").iterdir():
        try:
            opened.append(str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return Held(
        memory_mb=round(int(status["VmRSS"].split()[0]) / 1024, 1),
        sockets=sum(name.startswith("socket:") for name in opened),
        database_files=sum("db.sqlite3" in name for name in opened),
        files=len(opened),
        threads=int(status["Threads"]),
    )


def _pid(stack: Stack, command: str) -> int:
    """The product's process with this command; there is one."""
    (found,) = [
        pid for pid, (parent, line) in _processes().items() if parent == stack.process.pid and command in line
    ]
    return found


def _processes() -> dict[int, tuple[int, str]]:
    """Parent and command line of every process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(entry.name)] = parent, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile
            continue
    return found


def _environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(pair.decode().split("=", 1) for pair in pairs if pair)
