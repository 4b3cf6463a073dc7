"""What the supervisor says on the console: of a start that fails, of children that end, and when it stops them."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from callcenter import serve, supervisor
from callcenter.supervisor import CannotStart, Supervisor
from tests.waiting import until

pytestmark = pytest.mark.integration

COMPLAINS = """
import signal, sys, time
print("now WARNING early", flush=True)
signal.signal(signal.SIGTERM, lambda *_: (print("now WARNING late", flush=True), sys.exit()))
print("ready", flush=True)
time.sleep(60)
"""
TALKS = "print('version', flush=True); print('ready', flush=True); import time; time.sleep(60)"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def starting(settings: Settings, tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    """One that has started nothing yet, in a folder and at a port of its own."""
    settings.DATA_ROOT, settings.PORT = tmp_path, free_port()
    made = Supervisor(callee_audio=None, say=said.append)
    yield made
    made.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_process_that_does_not_start_on_a_full_disk_is_one_line(
    starting: Supervisor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(supervisor, "LEAST_TO_START_BYTES", 1 << 60)
    with pytest.raises(CannotStart) as caught:
        starting.start()
    assert str(caught.value) == (
        f"DATA_ROOT ({settings.DATA_ROOT}) is on a full disk. Make room there, or set DATA_ROOT to another folder."
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_not_called_a_taken_port(
    starting: Supervisor, settings: Settings, host: str
) -> None:
    settings.HOST = host
    with pytest.raises(CannotStart, match=r"Set HOST to an address of this machine") as caught:
        starting.start()
    assert "PORT=" not in str(caught.value)


def test_a_port_that_needs_rights_is_not_called_taken() -> None:
    refused = PermissionError(13, "Permission denied")
    assert serve.why_not_listening("127.0.0.1", 80, refused).endswith("Choose a port above 1023: PORT=3001")


def test_what_a_stopping_process_says_is_not_shown(starting: Supervisor, said: list[str]) -> None:
    starting.ready = True
    child = starting._spawn("worker", [sys.executable, "-c", COMPLAINS], ready_line="ready")
    child.wait_ready(10)
    starting.stop()
    until(lambda: child.lines[-1] == "now WARNING late")
    assert said == ["worker: now WARNING early"]


def test_of_a_server_that_is_not_ours_only_the_last_word_is_told(starting: Supervisor) -> None:
    child = starting._spawn("valkey", [sys.executable, "-c", TALKS], ready_line="ready", told_lines=1)
    child.wait_ready(10)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: not child.running)
    assert child.keep_alive() == "valkey ended unexpectedly; starting it again in 0.5 s.\n    ready"
