"""Supervised processes, with small real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callcenter.broker import SOCKET_PATH_LIMIT, answers, command, server_binary, socket_path
from callcenter.processes import CHILD, Child, DidNotStart
from tests.waiting import until

pytestmark = pytest.mark.integration

IDLE = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {IDLE}"


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    made: list[Child] = []

    def make(code: str) -> Child:
        child = Child("it", [sys.executable, "-c", code], dict(os.environ), tmp_path, ready_line="ready")
        made.append(child)
        return child

    yield make
    for child in made:
        child.kill()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_one_that_ends_while_starting_has_the_last_word(child: Callable[[str], Child]) -> None:
    broken = child("print('no such file'); raise SystemExit(3)")
    broken.start()
    with pytest.raises(DidNotStart, match=r"it ended while starting:\n    no such file"):
        broken.wait_ready(10)


def test_one_that_never_gets_ready_is_given_up(child: Callable[[str], Child]) -> None:
    silent = child("import time; time.sleep(60)")
    silent.start()
    with pytest.raises(DidNotStart, match="was not ready after 0 s"):
        silent.wait_ready(0.2)


def test_a_stubborn_one_is_killed(child: Callable[[str], Child]) -> None:
    stubborn = child(STUBBORN)
    stubborn.start()
    stubborn.wait_ready(10)
    began = time.monotonic()
    stubborn.stop(within_s=0.5)
    assert not stubborn.running
    assert time.monotonic() - began < 5


def test_a_crashed_one_comes_back_and_its_own_children_go(child: Callable[[str], Child]) -> None:
    grandchild = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    family = child(f"import subprocess, sys; print({grandchild}.pid, flush=True); {IDLE}")
    family.start()
    family.wait_ready(10)
    left_behind = int(family.lines[0])
    assert family.pid is not None
    os.kill(family.pid, signal.SIGKILL)
    until(lambda: not family.running)
    assert alive(left_behind)
    trouble = family.keep_alive()
    assert trouble is not None
    assert "ended unexpectedly" in trouble
    until(lambda: family.keep_alive() is None and family.running)
    until(lambda: not alive(left_behind))


def test_the_pause_before_a_restart_grows(child: Callable[[str], Child]) -> None:
    broken = child("raise SystemExit(1)")
    broken.start()
    said: list[str] = []
    while len(said) < 2:
        said += [line for line in [broken.keep_alive()] if line]
        time.sleep(0.02)
    assert "again in 0.5 s" in said[0]
    assert "again in 1 s" in said[1]


WATCHED = """
import os, subprocess, sys
sys.path.insert(0, {folder!r})
import child
idle = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
sys.exit(child.watch(os.getppid(), 15, [sys.executable, "-c", idle]))
"""


def test_where_the_kernel_does_not_help_a_watcher_ends_the_orphan() -> None:
    script = WATCHED.format(folder=str(CHILD.parent))
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    until(lambda: not alive(pid))


def test_a_socket_path_the_kernel_would_refuse_is_replaced(tmp_path: Path) -> None:
    assert socket_path(Path("/tmp/short")) == Path("/tmp/short/valkey.sock")  # noqa: S108
    replaced = socket_path(tmp_path / ("x" * SOCKET_PATH_LIMIT))
    assert len(os.fsencode(replaced)) <= SOCKET_PATH_LIMIT
    replaced.parent.rmdir()


def test_the_broker_answers_on_its_socket_and_nowhere_else(tmp_path: Path) -> None:
    at = socket_path(tmp_path)
    assert not answers(at)
    server = subprocess.Popen(command(server_binary(), at, tmp_path), stdout=subprocess.DEVNULL)
    try:
        until(lambda: answers(at))
    finally:
        server.terminate()
        server.wait()
