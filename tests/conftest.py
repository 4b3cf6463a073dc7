"""What every test shares: an environment of its own, and a guard against tasks left behind."""

from __future__ import annotations

import asyncio
import inspect
import os
import tempfile
from collections.abc import AsyncIterator

import django
import pytest
import pytest_asyncio
from xdist.remote import Producer

from callcenter.env import known_names
from tests import scheduling

_data_root = tempfile.TemporaryDirectory(prefix="callcenter-tests-")


def _isolate() -> None:
    """Hide the developer's shell, `.env` and data from Django. DATABASE_URL stays: CI sets it."""
    for name in known_names() - {"DATABASE_URL"}:
        os.environ.pop(name, None)
    os.environ["ENV_FILE"] = os.devnull
    os.environ["DATA_ROOT"] = _data_root.name
    os.environ["DJANGO_SETTINGS_MODULE"] = "callcenter.settings"


_isolate()
django.setup()  # pytest-django would do it only if the settings had been loaded before this file


def pytest_unconfigure() -> None:
    _data_root.cleanup()


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> scheduling.Scheduling:
    return scheduling.Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.most_urgent_first(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    scheduling.make_way(item)


@pytest.fixture(autouse=True)
def _leaks_fail(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_leaked_tasks")


@pytest_asyncio.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """A task that outlives its test, and the fixtures of that test, fails it."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)  # what was just cancelled may end
    leaked = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not leaked, f"still running after the test: {leaked}"
