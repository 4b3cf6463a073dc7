"""The file of events: whole lines, bounded in size and number."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.store import LineFile

pytestmark = pytest.mark.integration

LINE = b'{"a":1}\n'


def test_files_are_rotated_by_size_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    store = LineFile(path, max_bytes=20, kept_files=3)
    for number in range(16):
        store.append(b"%07d\n" % number)
    contents = {file.name: file.read_bytes().split() for file in tmp_path.iterdir() if file.suffix != ".lock"}
    assert contents == {
        "events.jsonl": [b"0000015"],
        "events.jsonl.1": [b"0000012", b"0000013", b"0000014"],
        "events.jsonl.2": [b"0000009", b"0000010", b"0000011"],
        "events.jsonl.3": [b"0000006", b"0000007", b"0000008"],
    }


def test_a_file_below_the_limit_stays(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    store = LineFile(path, max_bytes=1000)
    store.append(LINE)
    store.append(LINE * 2)
    assert path.read_bytes() == LINE * 3
    assert [file.name for file in tmp_path.iterdir()] == ["events.jsonl"]


def test_a_disk_error_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        LineFile(path).append(LINE)
