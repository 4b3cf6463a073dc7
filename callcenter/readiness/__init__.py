"""What works, what is missing and how to mend it: for `manage.py doctor`, the API and the setup page alike."""

from __future__ import annotations

from callcenter.readiness.report import Check, Readiness, State
from callcenter.readiness.run import readiness, recent_readiness

__all__ = ["Check", "Readiness", "State", "readiness", "recent_readiness"]
