"""What a number tells of itself: where it is, what kind it is and what time it is there. No network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

from telephony import policy

_KINDS: Final = {
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "landline or mobile",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.VOIP: "internet telephony",
    PhoneNumberType.UAN: "company number",
}
EARLY_HOUR, LATE_HOUR = 8, 21
"""Before and from these hours people do not expect a call."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """`country` is an ISO code, or empty. `local_time` is None where the number may be in several zones."""

    national: str
    country: str
    kind: str
    local_time: datetime | None

    @property
    def is_odd_hour(self) -> bool:
        """Whether a call now would come early in the morning or late in the evening."""
        return self.local_time is not None and not EARLY_HOUR <= self.local_time.hour < LATE_HOUR


def facts(number: str, now: datetime) -> NumberFacts:
    """Of an E.164 number that policy.parse_number gave. `now` has a zone."""
    parsed = phonenumbers.parse(number)
    return NumberFacts(
        policy.national(number),
        policy.country(number),
        _KINDS.get(phonenumbers.number_type(parsed), "special number"),
        _local_time(timezone.time_zones_for_number(parsed), now),
    )


def _local_time(zones: tuple[str, ...], now: datetime) -> datetime | None:
    """The time there, where all zones that the number may be in have the same now."""
    try:
        times = [now.astimezone(ZoneInfo(zone)) for zone in zones]
    except (ZoneInfoNotFoundError, ValueError):  # Etc/Unknown
        return None
    offsets: set[timedelta | None] = {time.utcoffset() for time in times}
    return times[0] if len(offsets) == 1 else None
