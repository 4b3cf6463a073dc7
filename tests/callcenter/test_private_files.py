"""Whoever else has an account on the machine reads nothing under DATA_ROOT, even where the folder was there before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.env import BASE_DIR
from callcenter.private_files import make_private_folder

pytestmark = pytest.mark.integration

MIGRATE_AND_LOOK = """
import os, sys
os.umask(0o022)
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "-v0"])
from django.db import connection
connection.cursor().execute("SELECT 1")
root = sys.argv[1]
print(*(f"{name}={os.stat(os.path.join(root, name)).st_mode & 0o777:o}" for name in sorted(os.listdir(root))))
"""


def modes(root: Path) -> dict[str, str]:
    """The files of DATA_ROOT with their modes, while a process has the database open."""
    environment = {
        **os.environ,
        "DATA_ROOT": str(root),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "callcenter.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE_AND_LOOK, str(root)],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(item.split("=") for item in done.stdout.split())


def test_nothing_in_a_folder_that_was_there_before_is_for_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = modes(tmp_path)
    assert {"db.sqlite3", "db.sqlite3-wal", "secret-key", "recordings"} <= set(found)
    assert {name: mode for name, mode in found.items() if not mode.endswith("00")} == {}
    assert tmp_path.stat().st_mode & 0o777 == 0o755  # it may hold other things


def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").touch(0o644)
    (tmp_path / "recordings").mkdir(0o755)
    found = modes(tmp_path)
    assert (found["db.sqlite3"], found["recordings"]) == ("600", "700")


def test_a_private_folder_keeps_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "deep"
    make_private_folder(folder)
    (folder / "up.lock").touch()
    folder.chmod(0o750)
    make_private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "up.lock").exists()
