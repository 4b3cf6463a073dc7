"""Which tests share a process where pytest-xdist starts several: those of one file, and all whole calls.

pytest-xdist 3.8's own groups (`--dist loadgroup`) do nothing under pytest 9.2: it writes a test's group into an
attribute that pytest does not read any more.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """One process makes all calls, beside one running product: what they measure needs a quiet machine."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "calls" if path.startswith("tests/calls/") else path
