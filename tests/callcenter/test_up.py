"""`manage.py up` as a person runs it: real processes, a real broker, real signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from callcenter import broker
from callcenter.env import BASE_DIR
from tests.databases import own_database
from tests.processes import processes_of
from tests.waiting import until

pytestmark = pytest.mark.integration

STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 3.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Copy:
    """One copy of the product, with its own port and data."""

    def __init__(self, data_root: Path, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_root = data_root
        self.env = {
            **os.environ,
            "DATA_ROOT": str(data_root),
            "PORT": str(self.port),
            **variables,
        }
        self.log = data_root.with_suffix(".out")
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=BASE_DIR,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_ready(self) -> Copy:
        until(
            lambda: "Ctrl-C stops it." in self.output or self.process.poll() is not None,
            "ready",
            within_s=STARTS_WITHIN_S,
        )
        assert "Ready on" in self.output, self.output
        return self

    def get(self, path: str) -> tuple[int, str]:
        return self.ask(urllib.request.Request(self.url + path))

    def ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def api(self, path: str, body: dict[str, str] | None = None) -> Any:
        """An answer of the API: to a POST of `body`, or to a GET when there is none."""
        key = (self.data_root / "api-key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.ask(urllib.request.Request(f"{self.url}/api{path}", data, headers))[1])

    def processes(self) -> dict[int, str]:
        """Every process of this copy: pid and command line."""
        return {running.pid: running.command for running in processes_of(self.data_root)}

    def end(self) -> None:
        for pid in [self.process.pid, *self.processes()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Copy, Copy]]:
    """Two copies that start and run side by side; the second is half configured, so it has no simulator."""
    root = tmp_path_factory.mktemp("copies")
    with own_database() as one, own_database() as two:
        started = Copy(root / "one", **one), Copy(root / "two", DEEPGRAM_API_KEY="key", **two)
        try:
            for copy in started:
                copy.wait_ready()
            yield started
        finally:
            for copy in started:
                copy.end()


def test_two_copies_run_side_by_side(pair: tuple[Copy, Copy]) -> None:
    for copy in pair:
        assert json.loads(copy.get("/readyz")[1]) == {"status": "ready"}
    assert "Calls are simulated" in pair[0].output
    assert "Calls cannot be placed: TWILIO_AUTH_TOKEN is not set." in pair[1].output
    assert "Finished calls are not judged: LLM_PROVIDER=openai needs OPENAI_API_KEY" in pair[1].output
    assert "not judged" not in pair[0].output
    assert len({(copy.data_root / "api-key").read_text() for copy in pair}) == 2


def test_the_link_of_the_first_run_signs_in_once(pair: tuple[Copy, Copy]) -> None:
    one, _ = pair
    link = next(line.split()[-1] for line in one.output.splitlines() if "/sign-in/" in line)
    assert link.startswith(f"{one.url}/sign-in/")
    assert [one.get(link.removeprefix(one.url))[0] for _ in range(2)] == [200, 410]


def test_another_one_on_the_same_data_is_refused(pair: tuple[Copy, Copy]) -> None:
    one, _ = pair
    message = refused(PORT=str(free_port()), DATA_ROOT=str(one.data_root))
    assert message.startswith(f"Another copy (process {one.process.pid})")


def test_a_stop_is_clean_and_quick_with_a_live_call_and_leaves_the_other_alone(
    pair: tuple[Copy, Copy],
) -> None:
    one, two = pair
    task = one.api("/tasks", {"target_phone": "+12025550100", "objective": "Get my bill below $60"})["id"]
    assert one.api(f"/tasks/{task}/call", {})["ok"]
    until(
        lambda: one.api(f"/tasks/{task}")["calls"][0]["state"] == "in_progress",
        "the call is answered",
        within_s=30,
    )
    began = time.monotonic()
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(10) == 0
    assert time.monotonic() - began < STOPS_WITHIN_S
    assert one.processes() == {}
    assert two.get("/health")[0] == 200


def test_a_crash_is_mended_and_nothing_outlives_a_killed_supervisor(pair: tuple[Copy, Copy]) -> None:
    _, copy = pair
    (web,) = [pid for pid, command in copy.processes().items() if "callcenter.serve" in command]
    os.kill(web, signal.SIGKILL)
    until(lambda: "web ended unexpectedly" in copy.output, "the crash is noticed", within_s=5)
    until(lambda: _answers(copy), "the web server is back", within_s=30)

    copy.process.kill()
    until(lambda: copy.processes() == {}, "no orphan", within_s=10)


def _answers(copy: Copy) -> bool:
    try:
        return copy.get("/readyz")[0] == 200
    except OSError:
        return False


def refused(**variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_a_demo_that_is_not_answered_says_so_and_fails(tmp_path: Path) -> None:
    with own_database() as variables:
        done = subprocess.run(
            [sys.executable, "manage.py", "up", "--demo", "--once", "--scenario", "busy"],
            cwd=BASE_DIR,
            env={**os.environ, "PORT": str(free_port()), "DATA_ROOT": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 1
    assert "Calls are simulated" in done.stdout
    assert done.stderr.strip() == "The demo failed: The call ended as busy (busy), not by the agent."


def test_a_taken_port_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(PORT=str(port), DATA_ROOT=str(tmp_path))
    assert f"Cannot listen on 127.0.0.1:{port}" in message
    assert f"PORT={port + 1}" in message


def test_a_postgres_that_is_away_is_one_line_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/calls"
    message = refused(PORT=str(free_port()), DATA_ROOT=str(tmp_path), DATABASE_URL=url)
    assert message.startswith("The database cannot be used (connection failed")
    assert "Check DATABASE_URL" in message
    assert "hunter2" not in message


def test_a_redis_that_is_away_is_one_line_without_its_password() -> None:
    with pytest.raises(broker.NoBroker) as caught:
        broker.check(f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert str(caught.value).startswith("REDIS_URL: the server does not answer")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--once"], "belong to --demo"),
        (["--scenario", "clerk"], "belong to --demo"),
        (["--demo", "--callee-audio", "nowhere.wav"], "there is no file nowhere.wav"),
        (["--demo", "--callee-audio", __file__, "--scenario", "clerk"], "choose one"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("up", *arguments)


def test_a_demo_never_rings_a_real_telephone(settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = f"AC{'0' * 32}"
    with pytest.raises(CommandError, match="Twilio or Deepgram is configured"):
        call_command("up", "--demo")
