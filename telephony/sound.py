"""The sound of a live call for whoever listens in: both sides, piece by piece, and only while somebody does.

A piece holds what was really heard: the caller's frames as they came, the agent's audio as the phone has played it,
which is known `playback.SETTLE_MS` later.
"""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from telephony.mulaw import BYTES_PER_MS
from telephony.playback import Placed

LISTENED_S = 12.0
"""How long one sign of a listener lasts; listeners repeat it."""

PIECE_MS = 100
"""A longer piece is cut."""


class Lane(IntEnum):
    """Whose sound it is."""

    CALLER = 0
    AGENT = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Mu-law audio of one side that began at `start_ms` on the call clock."""

    lane: Lane
    start_ms: float
    audio: bytes

    def to_json(self) -> dict[str, Any]:
        """As it travels between processes."""
        return {"lane": int(self.lane), "start_ms": self.start_ms, "audio": b64encode(self.audio).decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Piece:
        """Read `to_json`'s form. Raises KeyError, TypeError or ValueError when it is something else."""
        return cls(Lane(data["lane"]), float(data["start_ms"]), b64decode(data["audio"], validate=True))


class Sound:
    """Passes one call's sound on. Costs a comparison a frame while nobody listens."""

    def __init__(self, publish: Callable[[Piece, bool], None]) -> None:
        """`publish` gets a piece, and whether somebody in another process listens."""
        self._publish = publish
        self._until_s = self._far_until_s = 0.0
        self._caller = bytearray()
        self._caller_start_ms = 0.0

    def listened(self, *, far: bool) -> None:
        """Somebody listens; `far`: in another process."""
        self._until_s = time.monotonic() + LISTENED_S
        if far:
            self._far_until_s = self._until_s

    def caller(self, audio: bytes, start_ms: float) -> None:
        """A frame of the person called."""
        if time.monotonic() > self._until_s:
            return
        end_ms = self._caller_start_ms + len(self._caller) / BYTES_PER_MS
        if abs(start_ms - end_ms) >= 1.0:  # a gap, or the first
            self.flush()
            self._caller_start_ms = start_ms
        self._caller += audio

    def agent(self, placed: Placed) -> None:
        """Audio of the agent that was heard."""
        if time.monotonic() <= self._until_s:
            self._send(Lane.AGENT, placed.start_ms, placed.audio)

    def flush(self) -> None:
        """Pass on what has gathered; called a few times a second."""
        if self._caller:
            audio, start_ms = bytes(self._caller), self._caller_start_ms
            self._caller.clear()
            self._caller_start_ms += len(audio) / BYTES_PER_MS
            self._send(Lane.CALLER, start_ms, audio)

    def _send(self, lane: Lane, start_ms: float, audio: bytes) -> None:
        far = time.monotonic() <= self._far_until_s
        size = PIECE_MS * BYTES_PER_MS
        for at in range(0, len(audio), size):
            self._publish(Piece(lane, start_ms + at / BYTES_PER_MS, audio[at : at + size]), far)
