"""What Prometheus reads: the counters of all processes, for superusers only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from callcenter.env import BASE_DIR
from telemetry import metrics
from telemetry.record import count, event, flush
from tests.telemetry.conftest import with_key
from tests.telemetry.events import PATIENCE_S

pytestmark = pytest.mark.integration

PROCESS = """
import os, signal, sys
from telemetry import metrics
from telemetry.record import event, flush
metrics.LIVE_CALLS.inc(int(sys.argv[1]))
event("telephony", "call_ended", ended_reason="agent_ended")
event("turn", "heard_latency", duration_ms=700.0)
assert flush(20)
print("recorded", flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


def values(text: str) -> dict[str, float]:
    """Each sample by its name and labels, as in `callcenter_events_total{component=a,ok=true}`."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def now() -> dict[str, float]:
    assert flush(PATIENCE_S)
    return values(metrics.exposition().decode())


def test_what_is_recorded_is_counted(events_file: Path) -> None:
    before = now()
    event("http", "task-list", method="GET", status=200, duration_ms=30.0)
    event("telephony", "call_ended", ended_reason="no_answer")
    event("turn", "answer_latency", duration_ms=900.0)
    event("turn", "heard_latency", duration_ms=1100.0)
    event("a", "failed", ok=False)
    count("a", "counted", 3)
    grown = {name: value - before.get(name, 0) for name, value in now().items()}
    assert {
        "callcenter_http_requests_total{method=GET,route=task-list,status=200}": 1,
        "callcenter_http_request_seconds_bucket{le=0.05,route=task-list}": 1,
        "callcenter_http_request_seconds_bucket{le=0.025,route=task-list}": 0,
        "callcenter_calls_ended_total{ended_reason=no_answer}": 1,
        "callcenter_turn_latency_seconds_bucket{le=1.0,until=sent}": 1,
        "callcenter_turn_latency_seconds_bucket{le=1.0,until=heard}": 0,
        "callcenter_turn_latency_seconds_count{until=heard}": 1,
        "callcenter_events_total{component=a,ok=false}": 1,
        "callcenter_events_total{component=a,ok=true}": 3,
    }.items() <= grown.items()


def test_what_cannot_be_kept_is_counted(events_file: Path) -> None:
    before = now()["callcenter_telemetry_dropped_total"]
    events_file.symlink_to("/dev/full")
    for _ in range(3):
        event("a", "lost")
    assert flush(PATIENCE_S)
    event("a", "lost too")
    assert now()["callcenter_telemetry_dropped_total"] - before == 4
    events_file.unlink()


def test_only_superusers_read_them(alice: User, bob: User, root: User, events_file: Path) -> None:
    assert [with_key(user).get("/metrics").status_code for user in (alice, bob, root)] == [403, 403, 200]
    response = with_key(root).get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "callcenter_live_calls" in values(response.content.decode())


def test_several_processes_are_added_up_and_the_dead_hold_no_calls(
    tmp_path: Path, settings: Settings
) -> None:
    shared = tmp_path / "prometheus"
    shared.mkdir()
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(shared), "DATA_ROOT": str(tmp_path)}

    def start(calls: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROCESS, str(calls)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, cwd=BASE_DIR, stdin=pipe, stdout=pipe, text=True)

    def read(live_calls: int) -> None:
        found = values(metrics.exposition().decode())
        assert found["callcenter_live_calls"] == live_calls
        assert found["callcenter_calls_ended_total{ended_reason=agent_ended}"] == 2
        assert found["callcenter_turn_latency_seconds_bucket{le=0.8,until=heard}"] == 2

    settings.PROMETHEUS_MULTIPROC_DIR = str(shared)
    processes = one, two = start(2), start(50)
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "recorded\n"
        read(live_calls=52)
        two.communicate("", timeout=PATIENCE_S)
        read(live_calls=2)
    finally:
        one.communicate("", timeout=PATIENCE_S)
