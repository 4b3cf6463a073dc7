"""From recorded items to lines of JSON. No I/O: the caller brings the items and the time, and writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from telemetry.sampling import NOISY_ACTIONS, Sampler, Series

MAX_LINE_CHARS: Final = 8_000


@dataclass(slots=True)
class Happened:
    """One event. `at` is Unix time in seconds."""

    at: float
    component: str
    action: str
    ok: bool
    duration_ms: float | None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Counted:
    """Something that only needs to be counted; a batch makes one line of all its kind."""

    component: str
    action: str
    n: int


class Digest:
    """Turns batches of items into lines; remembers the noisy events that no line speaks of yet."""

    def __init__(self) -> None:
        self._sampler = Sampler()
        self.totals: Counter[tuple[str, str]] = Counter()

    @property
    def holds_samples(self) -> bool:
        """Is there anything that only `lines` or `rest` would bring out?"""
        return len(self._sampler) > 0

    def lines(self, items: Iterable[Happened | Counted], *, every_n: int, now: float) -> list[bytes]:
        """Lines for the items, and for the samples that are complete or idle at `now` (Unix time, s)."""
        counts: Counter[tuple[str, str]] = Counter()
        samples: list[Series] = []
        lines: list[bytes] = []
        for item in items:
            kind = (item.component, item.action)
            if isinstance(item, Counted):
                counts[kind] += item.n
                continue
            self.totals[kind] += 1
            if item.ok and item.action in NOISY_ACTIONS:
                samples.extend(self._sampler.add(item.at, _key(item), item.duration_ms, every_n))
            else:
                lines.append(_event_line(item))
        self.totals.update(counts)
        samples.extend(self._sampler.idle(now))
        lines.extend(_sample_line(series) for series in samples)
        lines.extend(count_line(now, *kind, n=n) for kind, n in counts.items())
        return lines

    def rest(self) -> list[bytes]:
        """Lines for all samples that are not complete."""
        return [_sample_line(series) for series in self._sampler.rest()]


def count_line(at: float, component: str, action: str, *, n: int, ok: bool = True) -> bytes:
    """The line that says: this happened `n` times."""
    return _line(at, {"component": component, "action": action, "ok": ok, "duration_ms": None, "count": n})


def _event_line(item: Happened) -> bytes:
    line = {
        "component": item.component,
        "action": item.action,
        "ok": item.ok,
        "duration_ms": _rounded(item.duration_ms),
        "task_id": None,
        "session_id": None,
        "error": None,
    }
    return _line(item.at, line | item.fields)


def _sample_line(series: Series) -> bytes:
    component, action, task_id, session_id = series.key
    line = {
        "component": component,
        "action": action,
        "ok": True,
        "duration_ms": _rounded(series.mean_ms),
        "task_id": task_id,
        "session_id": session_id,
        "error": None,
        "count": series.count,
        "max_ms": _rounded(series.max_ms),
    }
    return _line(series.last_at, line)


def _key(item: Happened) -> tuple[str, str, str | None, str | None]:
    task_id, session_id = item.fields.get("task_id"), item.fields.get("session_id")
    return (
        item.component,
        item.action,
        None if task_id is None else str(task_id),
        None if session_id is None else str(session_id),
    )


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


def _line(at: float, line: dict[str, Any]) -> bytes:
    """One line of JSON. What JSON cannot say is left out, and said to be."""
    line = {"timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"), **line}
    try:
        text = json.dumps(line, default=str, allow_nan=False, separators=(",", ":"))
    except Exception:  # a field's own __str__ may raise anything
        text = ""
    if not 0 < len(text) <= MAX_LINE_CHARS:
        plain = {name: value for name, value in line.items() if isinstance(value, bool | int | None)}
        texts = {name: line[name] for name in ("timestamp", "component", "action")}
        text = json.dumps(texts | plain | {"fields_left_out": True}, separators=(",", ":"))
    return text.encode("ascii") + b"\n"
