"""The call's own keypad: which keys there are, and that one answer is pressed at a time."""

from __future__ import annotations

import re

KEYS = re.compile(r"[0-9*#wW]{1,32}")
"""What Twilio's `<Play digits>` takes; w waits half a second, W a whole one."""


class Keypad:
    """Pressing keys replaces the stream, so nobody else presses any until that is over."""

    def __init__(self) -> None:
        self.busy = False

    def take(self) -> bool:
        """Begin to press keys. False while others are being pressed."""
        if self.busy:
            return False
        self.busy = True
        return True

    def release(self) -> None:
        """The sound after the keys is there, or they cannot be pressed."""
        self.busy = False
