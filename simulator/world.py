"""Everything that happens in one simulator: its calls and the clock they share."""

from __future__ import annotations

import time
from collections import OrderedDict

from simulator.memory import Memory
from simulator.room import Room
from simulator.speech import Utterance


class World:
    """Every room by CallSid, and one monotonic clock."""

    def __init__(self, *, max_rooms: int = 1000) -> None:
        self.rooms: OrderedDict[str, Room] = OrderedDict()
        self.memory = Memory()
        """What was said, also in calls that are over."""
        self._max_rooms = max_rooms
        self._started_s = time.monotonic()
        self._homes: OrderedDict[str, str] = OrderedDict()

    def now_ms(self) -> float:
        """Milliseconds since the simulator started; never goes back."""
        return (time.monotonic() - self._started_s) * 1000

    def room(self, call_sid: str) -> Room:
        """The room of a call, made on first use; beyond `max_rooms` the oldest is forgotten."""
        room = self.rooms.get(call_sid)
        if room is None:
            room = self.rooms[call_sid] = Room(call_sid, self.now_ms, self._claim)
            if len(self.rooms) > self._max_rooms:
                self.rooms.popitem(last=False)
        return room

    def forget(self, call_sid: str) -> None:
        """Nobody will ask for this room again."""
        self.rooms.pop(call_sid, None)

    def _claim(self, utterance: Utterance, call_sid: str) -> None:
        """Hold that an utterance belongs to one room (see `Room.spoken`), and remember it."""
        if self._homes.setdefault(utterance.id, call_sid) != call_sid:
            raise ValueError("an utterance was already spoken in another room: its seed was used twice")
        if len(self._homes) > 100 * self._max_rooms:
            self._homes.popitem(last=False)
        self.memory.add(utterance, call_sid)
