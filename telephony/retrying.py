"""Ask a provider again when that may help, within one deadline for everything."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

T = TypeVar("T")

MAX_TRIES = 4
FIRST_WAIT_S = 1.0

_AGAIN: Final = frozenset({408, 409, 429})
"""HTTP statuses that may go away, as every 5xx may."""

_random = secrets.SystemRandom()


class ProviderFailed(Exception):
    """A provider did not do what it was asked; the text is for a person and quotes nothing that was said.

    `again` says whether another try may help, `retry_after_s` how long the provider wants to be left alone.
    """

    def __init__(self, message: str, *, again: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.retry_after_s = retry_after_s


def failure_of_status(message: str, status: int, headers: Mapping[str, str]) -> ProviderFailed:
    """What an HTTP status that is no success comes to."""
    named = {name.lower(): value for name, value in headers.items()}
    return ProviderFailed(
        message,
        again=status in _AGAIN or status >= 500,
        retry_after_s=retry_after_s(named.get("retry-after", "")),
    )


def retry_after_s(value: str) -> float | None:
    """The header's seconds, or the time until its date (RFC 9110, 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


async def with_retries(ask: Callable[[], Awaitable[T]], *, deadline_s: float) -> T:
    """What `ask` answers, tried up to four times. A Retry-After that ends behind the deadline ends it now.

    Raises:
        ProviderFailed: the last failure, or that the deadline has passed.
    """
    ends_at = time.monotonic() + deadline_s
    failure = ProviderFailed(f"It did not answer within {deadline_s:g} s.")
    try:
        async with asyncio.timeout(deadline_s):
            for attempt in range(MAX_TRIES):
                try:
                    return await ask()
                except ProviderFailed as error:
                    failure = error
                wait_s = FIRST_WAIT_S * 2**attempt * _random.uniform(0.5, 1.0)
                wait_s = max(wait_s, failure.retry_after_s or 0.0)
                out_of_time = time.monotonic() + wait_s >= ends_at
                if not failure.again or out_of_time or attempt == MAX_TRIES - 1:
                    raise failure
                await asyncio.sleep(wait_s)
    except TimeoutError:
        raise failure from None
    raise AssertionError("unreachable")
