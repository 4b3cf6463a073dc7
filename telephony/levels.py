"""How loud both sides are, told a few times a second and only while somebody watches."""

from __future__ import annotations

import time

from telephony import bus
from telephony.bridge import Bridge
from telephony.events import PassingType
from telephony.models import Call
from telephony.speaker import Speaker
from telephony.voice_activity import loudness

INTERVAL_S = 0.2
WATCHED_S = 12.0
"""How long one sign of a watcher lasts; watchers repeat it."""


class LevelMeter:
    """Publishes `audio_level` for one call."""

    def __init__(self, call: Call, bridge: Bridge) -> None:
        self._call = call
        self._bridge = bridge
        self._watched_until_s = 0.0
        self._next_s = 0.0

    def watched(self) -> None:
        """Somebody looks at the call."""
        self._watched_until_s = time.monotonic() + WATCHED_S

    def tick(self, now_ms: float) -> None:
        """Publish if it is time; `now_ms` is on the call clock."""
        now_s = time.monotonic()
        if now_s > self._watched_until_s or now_s < self._next_s:
            return
        self._next_s = now_s + INTERVAL_S
        agent = loudness(self._bridge.playback.now_sounding(now_ms))
        levels = {
            Speaker.CALLER: round(self._bridge.voice.level / 32768, 3),
            Speaker.AGENT: round(agent / 32768, 3),
        }
        bus.publish_passing(
            self._call.pk, self._call.task_id, {"type": PassingType.AUDIO_LEVEL, "data": levels}
        )
