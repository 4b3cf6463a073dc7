"""Web servers and workers on one database share one folder, or say so and do not start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.env import BASE_DIR
from tests.databases import own_database

pytestmark = pytest.mark.integration

SERVE = ["-m", "callcenter.serve"]
WORKER = ["-m", "celery", "-A", "callcenter", "worker", "-P", "threads"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an installation whose database and folder belong together."""
    root = tmp_path_factory.mktemp("first")
    with own_database() as variables:
        environment = {
            **os.environ,
            "DATA_ROOT": str(root),
            "DATABASE_URL": f"sqlite:///{root / 'db.sqlite3'}",
            **variables,
        }
        assert run(["manage.py", "migrate", "-v0"], environment).returncode == 0
        # it settles whose folder it is, and goes no further: the port is taken
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            assert "choose another port" in run(SERVE, {**environment, "PORT": port}).stderr
        yield environment


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [SERVE, WORKER], ids=["serve", "worker"])
def test_another_folder_is_refused(first: dict[str, str], tmp_path: Path, arguments: list[str]) -> None:
    done = run(arguments, {**first, "DATA_ROOT": str(tmp_path)})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(f"DATA_ROOT: {tmp_path} is not the folder")
    shared = (Path(first["DATA_ROOT"]) / "instance-id").read_text()
    assert line.endswith(f"write {shared} into {tmp_path}/instance-id.")


def test_the_remedy_that_is_named_works(first: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "instance-id").write_text((Path(first["DATA_ROOT"]) / "instance-id").read_text())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(SERVE, {**first, "DATA_ROOT": str(tmp_path), "PORT": port})
    assert "choose another port" in done.stderr
