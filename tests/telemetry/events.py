"""Files of events, as several processes leave them."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from telemetry.record import flush
from telemetry.store import LineFile

PATIENCE_S = 20.0

KINDS = [
    ("http", "task-list"),
    ("turn", "answer_latency"),
    ("telephony", "session_write"),
    ("audio", "finish"),
]
EVENTS_OF_A_CALL = 200


def line(component: str = "http", action: str = "home", duration_ms: Any = 1.0, **more: Any) -> bytes:
    """One line of the file."""
    event = {
        "timestamp": "2026-01-02T03:04:05.678+00:00",
        "component": component,
        "action": action,
        "ok": True,
        "duration_ms": duration_ms,
        "task_id": None,
        "session_id": None,
        "error": None,
    }
    return json.dumps(event | more, separators=(",", ":")).encode() + b"\n"


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Every line of the file so far, flushed first."""
    assert flush(PATIENCE_S)
    return [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []


def write(path: Path, lines: Iterable[bytes]) -> None:
    """Append to the file without rotating it."""
    LineFile(path, max_bytes=1 << 40).append(b"".join(lines))


def fill(path: Path, n: int) -> list[str]:
    """Write `n` events of many calls, in four files; the ids of their tasks, the oldest first.

    The newest file is the smallest: a million events must not have it rotated, and the oldest forgotten.
    """
    rnd = random.Random(1)
    tasks: list[str] = []
    for number, tenths in ((3, 3), (2, 3), (1, 3), (0, 1)):
        lines = []
        for i in range(n * tenths // 10):
            if i % EVENTS_OF_A_CALL == 0:
                tasks.append(str(uuid.UUID(int=rnd.getrandbits(128))))
                session = str(uuid.UUID(int=rnd.getrandbits(128)))
            component, action = rnd.choice(KINDS)
            duration_ms = round(rnd.lognormvariate(3, 1.2), 3)
            lines.append(line(component, action, duration_ms, task_id=tasks[-1], session_id=session))
        write(path.with_name(f"{path.name}.{number}") if number else path, lines)
    return tasks
