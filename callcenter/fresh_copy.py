"""A copy of the product in an empty folder, simulated whatever this installation is set up for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from callcenter import env, serve

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


class NoCopy(Exception):
    """It did not start; the message is for the console."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a running copy is, and the key of its first run."""

    url: str
    simulator_url: str
    api_key: str


@contextmanager
def fresh_copy(**variables: str) -> Iterator[Copy]:
    """Run `manage.py up` with nothing but `variables` set, and stop it. What it prints goes to standard error.

    Raises:
        NoCopy: it ended, or was not ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="callcenter-") as folder:
        ports = {"PORT": str(_free_port()), "SIMULATOR_PORT": str(_free_port())}
        inherited = {k: v for k, v in env.process_environment().items() if k not in env.known_names()}
        own = {"ENV_FILE": os.devnull, "DATA_ROOT": folder}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=env.BASE_DIR,
            env={**inherited, **own, **ports, **variables},
            stdout=sys.stderr,
            start_new_session=True,  # Ctrl-C is for us; we stop it
        )
        try:
            url = f"http://127.0.0.1:{ports['PORT']}"
            key_file = Path(folder) / "api-key"
            _wait_until_ready(process, url, key_file)
            yield Copy(url, f"http://127.0.0.1:{ports['SIMULATOR_PORT']}", key_file.read_text().strip())
        finally:
            _stop(process)


def _free_port() -> int:
    with serve.listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, key_file: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (key_file.exists() and serve.is_ready(url)):
        if process.poll() is not None:
            raise NoCopy(f"`manage.py up` ended with {process.returncode}: see above.")
        if time.monotonic() > deadline:
            raise NoCopy(f"`manage.py up` was not ready after {START_TIMEOUT_S:.0f} s.")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
