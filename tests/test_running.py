"""The ways to run the tests, where something is missing or wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from callcenter.env import BASE_DIR

pytestmark = pytest.mark.integration


def test_without_its_packages_pytest_says_what_installs_them() -> None:
    program = (
        "import sys; sys.modules['xdist'] = None; import pytest; sys.exit(pytest.main(['-q', '-m', 'unit']))"
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 4
    assert "The tests need xdist: run ./scripts/run-tests.sh" in run.stderr


@pytest.mark.parametrize(("option", "status"), [("--help", 0), ("-x", 2)])
def test_the_script_names_the_groups(option: str, status: int) -> None:
    run = subprocess.run(["./scripts/run-tests.sh", option], cwd=BASE_DIR, capture_output=True, text=True)
    assert (run.returncode, "[benchmark]" in run.stdout) == (status, True)
