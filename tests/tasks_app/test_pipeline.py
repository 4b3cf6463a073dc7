"""Real workers and a real broker, killed at the worst moment: every call gets its verdict, and none gets two."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from callcenter import broker
from tests import waiting
from tests.processes import processes_of
from tests.tasks_app.simulated_models import KEY, Models, running_models

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60.0
CALL_END_LIMIT_MS = 1_000


until = partial(waiting.until, within_s=TIMEOUT_S, every_s=0.05)
"""Wait for something in another process."""


class Installation:
    """A database, a broker and workers of their own, all in one folder."""

    def __init__(self, folder: Path, models: Models) -> None:
        self.models = models
        self._folder = folder
        self._socket = broker.socket_path(folder)
        self._environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "tests.tasks_app.short_deadlines",
            "DATA_ROOT": str(folder),
            "DATABASE_URL": "",
            "REDIS_URL": f"unix://{self._socket}",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": models.url,
            "SIMULATOR_URL": models.url,
            "POST_CALL_TRANSCRIPTION": "false",
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._run("manage.py", "migrate", "--verbosity", "0")

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self._folder / "processes.log").open("ab")
        with log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # for stop()
            )
        self._processes.append(process)
        return process

    def start_broker(self) -> subprocess.Popen[bytes]:
        """A broker that answers."""
        process = self._start(broker.command(broker.server_binary(), self._socket, self._folder))
        until(lambda: broker.answers(self._socket), "an answer of the broker")
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker with beat, as `manage.py up` starts it but for `-c`; it may still be starting."""
        schedule = str(self._folder / "schedule")
        flags = ["-c", "1", "--without-gossip", "--without-mingle", "-B", "-s", schedule]
        return self._start([sys.executable, "-m", "celery", "-A", "callcenter", "worker", *flags])

    def end_calls(self, count: int, *, left_open: int = 0) -> int:
        """End this many calls in another process; the longest time in ms that one took to end.

        Of the last `left_open`, the recording is not closed.
        """
        return int(self._run("-m", "tests.tasks_app.end_calls", str(count), str(left_open)).split()[-1])

    @property
    def open_recordings(self) -> int:
        """How many recordings wait for somebody to close them."""
        [[count]] = self.rows("SELECT count(*) FROM telephony_recording WHERE state = 'recording'")
        return int(str(count))

    def in_state(self, state: str) -> int:
        """How many analyses are in this state."""
        [[count]] = self.rows("SELECT count(*) FROM tasks_app_analysis WHERE state = ?", state)
        return int(str(count))

    def rows(self, query: str, *values: str) -> list[tuple[object, ...]]:
        """Rows of the database."""
        with closing(sqlite3.connect(self._folder / "db.sqlite3", timeout=20)) as database:
            return list(database.execute(query, values))

    def stop(self) -> None:
        """Stop what this installation has started, and what that has started."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def celery_processes(self) -> list[int]:
        """Workers and beats that are alive."""
        return [one.pid for one in processes_of(self._folder) if "celery" in one.command]


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: nothing is tidied up."""
    process.kill()
    process.wait()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with running_models() as models:
        installed = Installation(tmp_path, models)
        try:
            yield installed
        finally:
            installed.stop()


def test_workers_and_the_broker_may_die(installation: Installation) -> None:
    broker_process, worker = installation.start_broker(), installation.start_worker()
    installation.end_calls(8)
    until(lambda: installation.in_state("ready") == 8, "eight verdicts")

    # four are asked and not answered, the others wait; calls that were abandoned meanwhile do not
    installation.models.fails("hang", times=4)
    installation.end_calls(7, left_open=1)
    until(lambda: installation.in_state("running") == 4, "four analyses at work")
    until(lambda: installation.open_recordings == 0, "the sweep, while nobody answers")
    assert installation.in_state("running") == 4
    assert installation.in_state("pending") == 3

    # in the middle of its work, whose claims it renews: their deadline is two minutes away
    claims_end = "SELECT min(due_at), max(due_at) FROM tasks_app_analysis WHERE state = 'running'"
    [[_, last_end]] = installation.rows(claims_end)
    until(lambda: str(installation.rows(claims_end)[0][0]) > str(last_end), "every claim is renewed")
    kill(worker)
    if sys.platform == "linux":
        until(lambda: installation.celery_processes == [], "beat goes with its worker")
    installation.models.recovers()
    worker = installation.start_worker()
    until(lambda: installation.in_state("ready") == 15, "what the dead worker had begun")

    # the broker is away while calls end: they end as fast
    kill(broker_process)
    assert installation.end_calls(5) < CALL_END_LIMIT_MS
    installation.start_broker()
    until(lambda: installation.in_state("ready") == 20 or worker.poll() is not None, "verdicts, or an end")
    if (
        worker.poll() is not None
    ):  # kombu may fail over messages of a lost connection; `manage.py up` starts another
        installation.start_worker()
    until(lambda: installation.in_state("ready") == 20, "twenty verdicts")

    assert installation.rows("SELECT DISTINCT state FROM tasks_app_analysis") == [("ready",)]
    per_call = installation.rows(
        "SELECT count(*), count(DISTINCT call_id) FROM tasks_app_analysis WHERE state = 'ready'"
    )
    assert per_call == [(20, 20)]
    told = "SELECT count(*), count(DISTINCT call_id) FROM telephony_callevent WHERE type = 'analysis_ready'"
    assert installation.rows(told) == [(20, 20)]
    for outcome, verdict in installation.rows("SELECT outcome, verdict FROM tasks_app_analysis"):
        assert (outcome, json.loads(str(verdict))["outcome"]) == ("success", "success")
    assert installation.rows("SELECT DISTINCT outcome FROM tasks_app_task") == [("success",)]
    attempts = "SELECT attempts, count(*) FROM tasks_app_analysis GROUP BY attempts ORDER BY attempts"
    assert installation.rows(attempts) == [(1, 16), (2, 4)]
