"""Which bytes of a file a client asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From byte `first` up to and including `last`."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """The `Content-Range` of a 206."""
        return f"bytes {self.first}-{self.last}/{size}"


class Unsatisfiable(Exception):
    """416: the range is well formed and none of it is in the file."""


def asked_range(header: str | None, size: int) -> ByteRange | None:
    """The part that a `Range` header means; None when the whole shall be sent.

    A header that is malformed, of another unit or of several ranges is ignored, as the RFC allows.

    Raises:
        Unsatisfiable: none of the range is in the file of `size` bytes.
    """
    match = _ONE_RANGE.fullmatch((header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        wanted = ByteRange(size - length, size - 1)
    elif last and int(last) < int(first):
        return None
    else:
        wanted = ByteRange(int(first), min(int(last) if last else size - 1, size - 1))
    if wanted.length < 1:
        raise Unsatisfiable
    return wanted
