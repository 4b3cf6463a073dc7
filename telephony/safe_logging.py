"""Faults in the log without what they quote: an error's text may hold a phone number or a spoken sentence."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

_ROOT: Final = f"{Path(__file__).resolve().parent.parent}/"
_OUR_FOLDERS: Final = tuple(f"{_ROOT}{app}/" for app in ("telemetry", "telephony", "tasks_app", "callcenter"))


def where(error: BaseException) -> str:
    """An error's type and the place it comes from: `OperationalError at utils.py:105, by telephony/services.py:120`."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    ours = next((frame for frame in reversed(frames) if frame.filename.startswith(_OUR_FOLDERS)), None)
    if ours is not None and ours is not frames[-1]:
        place += f", by {ours.filename.removeprefix(_ROOT)}:{ours.lineno}"
    return f"{type(error).__name__}{place}"
