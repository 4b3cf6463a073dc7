"""Whether a call has room: its recording, its row and the broker's queue all need the disk of DATA_ROOT."""

from __future__ import annotations

import shutil

from django.conf import settings

LEAST_FREE_BYTES = 500_000_000
"""An hour of calls in four lines at once; SQLite and the broker fail on a full disk too."""


def free_bytes() -> int:
    """What is left where the recordings lie.

    Raises:
        OSError: the folder is gone.
    """
    return shutil.disk_usage(settings.DATA_ROOT).free


def problem() -> str:
    """Why nothing may be recorded now, in a sentence; empty when there is room. A path of ours is not told."""
    try:
        free = free_bytes()
    except OSError as error:
        return f"DATA_ROOT cannot be used ({error.strerror})."
    if free >= LEAST_FREE_BYTES:
        return ""
    return f"The disk of DATA_ROOT has only {free / 1e6:.0f} MB left, and {LEAST_FREE_BYTES / 1e6:.0f} MB are needed."
