"""The folder of the counters is new at each start, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter import metrics_dir

pytestmark = pytest.mark.unit


def test_each_start_begins_with_nothing(tmp_path: Path) -> None:
    first = metrics_dir.begin(tmp_path)
    (first / "counter_1.db").write_text("of a process that was killed")
    second = metrics_dir.begin(tmp_path)
    assert list(second.iterdir()) == []
    assert not first.exists()
    assert second.stat().st_mode & 0o077 == 0
    metrics_dir.end(tmp_path)
    assert not second.exists()
    assert list(tmp_path.iterdir()) == []


def test_what_is_gone_already_is_no_trouble(tmp_path: Path) -> None:
    metrics_dir.begin(tmp_path).rmdir()
    metrics_dir.end(tmp_path)
    metrics_dir.end(tmp_path)
    assert list(tmp_path.iterdir()) == []
