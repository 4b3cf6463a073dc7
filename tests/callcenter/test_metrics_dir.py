"""The folder of the counters is new at each start, and gone afterwards, also after those that were killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.env import BASE_DIR
from callcenter.metrics_dir import MetricsDir

pytestmark = pytest.mark.integration

KILLED = """
import os, signal, sys
from pathlib import Path
from callcenter.metrics_dir import MetricsDir
print(MetricsDir(Path(sys.argv[1]), Path(sys.argv[1])).path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_each_start_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one, two = MetricsDir(tmp_path, tmp_path), MetricsDir(tmp_path, tmp_path)
    assert one.path != two.path
    assert one.path.is_dir(), "the second start has left the first one alone"
    assert one.path.stat().st_mode & 0o077 == 0
    (one.path / "counter_1.db").write_text("0")
    one.remove()
    two.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_has_left_is_removed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    left = Path(killed.stdout.strip())
    assert left.is_dir()
    half_removed = tmp_path / f"{left.name}x"
    half_removed.mkdir()
    (half_removed / "counter_1.db").touch()
    mine = MetricsDir(tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == [mine.path]
    mine.remove()


def test_without_shared_memory_it_is_with_the_data(tmp_path: Path) -> None:
    mine = MetricsDir(tmp_path, memory=tmp_path / "none")
    assert mine.path.parent == tmp_path
    mine.remove()
