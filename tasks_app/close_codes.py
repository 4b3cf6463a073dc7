"""The codes with which we close a browser's or a program's WebSocket (docs/events.md)."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """In the range that applications may use (RFC 6455, 7.4.2): 4000 and a status of HTTP that says the same."""

    BAD_REQUEST = 4400
    NOT_AUTHENTICATED = 4401
    NOT_HERE = 4403
    NOT_FOUND = 4404
    OLD = 4408
    TAKEN = 4409
    OVER = 4410
    TOO_SLOW = 4429
    AWAY = 4502
    UNREACHABLE = 4503
