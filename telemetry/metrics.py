"""Counters for Prometheus, of all processes together where they share PROMETHEUS_MULTIPROC_DIR.

They follow from what is recorded anyway, and are kept by the thread that writes it: nobody waits for them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from telemetry.lines import Counted, Happened

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

LIVE_CALLS: Final = Gauge(
    "callcenter_live_calls", "Calls whose audio a process holds now.", multiprocess_mode="livesum"
)
_ENDED: Final = Counter("callcenter_calls_ended", "Calls that ended, by how.", ["ended_reason"])
_TURNS: Final = Histogram(
    "callcenter_turn_latency_seconds",
    "From the end of the caller's words to the agent's first audio: sent, or heard on the phone.",
    ["until"],
    buckets=(0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0),
)
_REQUESTS: Final = Counter("callcenter_http_requests", "Requests answered.", ["route", "method", "status"])
_REQUEST_SECONDS: Final = Histogram(
    "callcenter_http_request_seconds",
    "How long requests took.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)
_EVENTS: Final = Counter("callcenter_events", "Everything that is recorded.", ["component", "ok"])
_DROPPED: Final = Counter("callcenter_telemetry_dropped", "Events that could not be kept.")

_LATENCIES: Final = {"answer_latency": "sent", "heard_latency": "heard"}


def observe(items: Iterable[Happened | Counted], dropped: int) -> None:
    """Count what was recorded, and how much could not be kept."""
    _DROPPED.inc(dropped)
    for item in items:
        if isinstance(item, Counted):
            _EVENTS.labels(item.component, "true").inc(item.n)
            continue
        _EVENTS.labels(item.component, str(item.ok).lower()).inc()
        seconds = None if item.duration_ms is None else item.duration_ms / 1000
        if item.component == "http":
            fields = item.fields
            _REQUESTS.labels(item.action, fields.get("method", ""), fields.get("status", "none")).inc()
            if seconds is not None:
                _REQUEST_SECONDS.labels(item.action).observe(seconds)
        elif item.component == "turn" and item.action in _LATENCIES and seconds is not None:
            _TURNS.labels(_LATENCIES[item.action]).observe(seconds)
        elif (item.component, item.action) == ("telephony", "call_ended"):
            _ENDED.labels(item.fields["ended_reason"]).inc()


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    directory = settings.PROMETHEUS_MULTIPROC_DIR
    if not directory:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_the_dead(directory: Path) -> None:
    """A killed process holds no calls any more; its counters stay."""
    for file in directory.glob("gauge_live*_*.db"):
        found = re.search(r"_(\d+)\.db$", file.name)
        if found is None:
            continue
        try:
            os.kill(int(found[1]), 0)
        except ProcessLookupError:
            mark_process_dead(int(found[1]), str(directory))  # type: ignore[no-untyped-call]
        except PermissionError:  # it lives, as somebody else
            continue
