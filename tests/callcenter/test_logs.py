"""service.log: whole lines from several processes, bounded in size, and no record that was not logged."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
from pathlib import Path

import pytest

from callcenter import logs

pytestmark = pytest.mark.integration

PATIENCE_S = 20.0


def logger_to(path: Path, max_bytes: int = logs.MAX_BYTES) -> logging.Logger:
    """A logger of its own that writes to the file as the product's do."""
    form = logs.config(path, "INFO")["formatters"]["plain"]
    handler = logs.SharedFileHandler(path, max_bytes=max_bytes)
    handler.setFormatter(logs.PlainFormatter(form["format"], form["datefmt"], form["style"]))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger


def test_the_configuration_uses_it(tmp_path: Path) -> None:
    handler = logs.config(tmp_path / "service.log", "INFO")["handlers"]["service_log"]
    assert handler["class"] == f"{logs.SharedFileHandler.__module__}.{logs.SharedFileHandler.__name__}"


def test_a_message_cannot_look_like_two_records(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    forged = "2026-01-01 00:00:00.000 ERROR 1 callcenter: all keys were revoked"
    logger_to(path).info("a name: %s", f"x\r\n{forged}\udcff")
    first, second = path.read_text().splitlines()
    assert re.fullmatch(rf"[0-9: .-]+ INFO {os.getpid()} test: a name: x\\r", first)
    assert second == f"    {forged}\\udcff"
    assert path.stat().st_mode & 0o077 == 0


def test_a_full_disk_fails_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    path = tmp_path / "service.log"
    path.symlink_to("/dev/full")
    logger_to(path).error("lost")
    path.unlink()
    logger_to(path).error("kept")
    assert path.read_text().endswith("test: kept\n")


def _log_much(path: Path, writer: int) -> None:
    logger = logger_to(path, max_bytes=60_000)
    for number in range(400):
        logger.info("%d/%d %s", writer, number, "long\n" * 3000 if number % 100 == 0 else "short")


def test_several_processes_write_whole_records_and_rotate_once(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_log_much, args=(path, writer)) for writer in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE_S)
        assert writer.exitcode == 0
    files = [path, *(path.with_name(f"service.log.{n}") for n in range(1, logs.KEPT_FILES + 1))]
    assert {file.name for file in files} == {file.name for file in tmp_path.iterdir()} - {"service.log.lock"}
    lines = [line for file in reversed(files) for line in file.read_text().splitlines()]
    records = [found for line in lines if (found := re.search(r"test: (\d)/(\d+) ", line))]
    assert len(records) == len([line for line in lines if not line.startswith("    ")])
    for name in "012":
        numbers = [int(found[2]) for found in records if found[1] == name]
        assert numbers == list(range(400 - len(numbers), 400)), "the latest records are there, in order"
    assert all(file.stat().st_size >= 60_000 for file in files[1:]), "a file was rotated before it was full"
