"""Which tests share a process where pytest-xdist starts several, and which of them make way for the others.

Calls take place in real time: processes that make them mostly wait, beside one that computes. The calls begin first,
and what only computes runs at a lower priority, so that it does not delay what they measure.

pytest-xdist 3.8's own groups (`--dist loadgroup`) do nothing under pytest 9.2: it writes a test's group into an
attribute that pytest does not read any more.
"""

from __future__ import annotations

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

IN_REAL_TIME = {
    "tests/calls/test_agent_link.py": "everybody",
    "tests/calls/test_scenario_run.py": "everybody",
    "tests/calls/test_scenarios.py": "everybody",
    "tests/calls/test_across_processes.py": "processes",
    "tests/calls/test_acting.py": "processes",
    "tests/calls/test_servers.py": "processes",
    "tests/tasks_app/test_pipeline.py": "processes",
    "tests/calls/": "calls",
    "tests/browser/": "browser",
}
"""Where a test lies, and the name of those that share its process; the first that fits counts."""

NICENESS = {"calls": 0, "everybody": 4, "processes": 4, "browser": 6, None: 10}
"""Of each group, in the order in which they begin: `calls` measures to the millisecond, the last only computes."""

LAST = ("tests/callcenter/", "tests/simulator/")
"""Who starts and stops, and how soon, is looked at when the calls are over."""


def _group(nodeid: str) -> str | None:
    return next((group for start, group in IN_REAL_TIME.items() if nodeid.startswith(start)), None)


def most_urgent_first(items: list[pytest.Item]) -> None:
    """Put the tests that measure before those that mostly wait, and these before the others."""
    order = list(NICENESS)
    items.sort(key=lambda item: (order.index(_group(item.nodeid)), item.nodeid.startswith(LAST)))


def make_way(item: pytest.Item) -> None:
    """Lower this process's priority, for good, to that of the test."""
    more = NICENESS[_group(item.nodeid)] - os.nice(0)
    if more > 0:
        os.nice(more)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A process for each group, and for the tests of one file."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # xdist would begin with the files that have most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid) or nodeid.partition("::")[0]
