"""One clock a call: ms since its first stream's `start`. Both tracks, all turns and all limits are on it."""

from __future__ import annotations

import time

FAR_AHEAD_MS = 5_000.0
"""Audio cannot be so much ahead of what its stream has had time to bring."""


class CallClock:
    """Zero is a moment on this process's monotonic clock, so that no change of the wall clock is felt."""

    def __init__(self, zero_s: float) -> None:
        self._zero_s = zero_s

    def now_ms(self) -> float:
        """The time on the call clock."""
        return self.at_ms(time.monotonic())

    def at_ms(self, monotonic_s: float) -> float:
        """A moment of the monotonic clock."""
        return (monotonic_s - self._zero_s) * 1000

    def not_before(self, ms: float, monotonic_s: float) -> None:
        """Move on, if need be, so that `monotonic_s` is at least `ms`."""
        behind_ms = ms - self.at_ms(monotonic_s)
        if behind_ms > 0:
            self._zero_s -= behind_ms / 1000


class StreamClock:
    """Places the frames of one stream on the call clock, by Twilio's timestamps."""

    def __init__(self, clock: CallClock) -> None:
        self._clock = clock
        self._offset_ms: float | None = None

    def start_ms(self, timestamp_ms: int, arrived_s: float) -> float | None:
        """Where a frame that came in at `arrived_s` (monotonic) stands: the moment of its arrival, without jitter.

        The first frame gives the offset. A later one that was delayed less moves the call clock: nothing arrives
        before its time. None for a frame whose timestamp is no time of this stream's.
        """
        if self._offset_ms is None:
            self._offset_ms = self._clock.at_ms(arrived_s) - timestamp_ms
        start_ms = timestamp_ms + self._offset_ms
        if start_ms - self._clock.at_ms(arrived_s) > FAR_AHEAD_MS:
            return None
        self._clock.not_before(start_ms, arrived_s)
        return start_ms
