"""The manual run of the README: migrate, then uvicorn, without `manage.py up`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.env import BASE_DIR
from tests.callcenter.test_up import free_port
from tests.databases import own_database
from tests.waiting import until

pytestmark = pytest.mark.integration

STARTS_WITHIN_S = 30.0


@dataclass
class ByHand:
    """A new installation; `migrated` is what its first migration printed."""

    environment: dict[str, str]
    data_root: Path
    url: str
    migrated: str

    def manage(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, stdout=subprocess.PIPE, text=True
        ).stdout


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByHand]:
    """The installation with its server running."""
    data_root = tmp_path_factory.mktemp("by-hand") / "data"
    port = free_port()
    with own_database() as database:
        environment = {**os.environ, "DATA_ROOT": str(data_root), "PORT": str(port), **database}
        product = ByHand(environment, data_root, f"http://127.0.0.1:{port}", "")
        product.migrated = product.manage("migrate")
        console = data_root / "console"
        command = [sys.executable, "-m", "uvicorn", "callcenter.asgi:application", "--port", str(port)]
        with console.open("w") as output:
            server = subprocess.Popen(
                command, cwd=BASE_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            running = f"Uvicorn running on {product.url}"
            until(lambda: running in console.read_text(), "it says where it runs", within_s=STARTS_WITHIN_S)
            yield product
        finally:
            server.terminate()
            server.wait(10)


def test_the_first_migration_makes_the_account_and_the_key(by_hand: ByHand) -> None:
    link = re.search(rf"Sign in .*: {by_hand.url}(/sign-in/\S+)", by_hand.migrated)
    assert link
    with urllib.request.urlopen(by_hand.url + link[1], timeout=10) as page:
        assert page.status == 200
    key = (by_hand.data_root / "api-key").read_text().strip()
    request = urllib.request.Request(f"{by_hand.url}/api/tasks", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer) == []
    assert "Sign in" not in by_hand.manage("migrate"), "a later migration makes nobody"
    assert (by_hand.data_root / "api-key").read_text().strip() == key


def test_the_doctor_finds_the_server(by_hand: ByHand) -> None:
    assert by_hand.manage("doctor").startswith(f"As the server on {by_hand.url} sees it")
    key_file = by_hand.data_root / "api-key"
    key_file.rename(by_hand.data_root / "away")
    try:
        assert f"A server runs on {by_hand.url}; it cannot be asked without" in by_hand.manage("doctor")
    finally:
        (by_hand.data_root / "away").rename(key_file)
