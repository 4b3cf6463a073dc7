"""What a number tells of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from telephony.number_facts import facts

pytestmark = pytest.mark.unit

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "national", "country", "kind", "local"),
    [
        ("+12125550134", "(212) 555-0134", "US", "landline or mobile", "08:00 EDT"),
        ("+493012345678", "030 12345678", "DE", "landline", "14:00 CEST"),
        ("+4915123456789", "01512 3456789", "DE", "mobile", "14:00 CEST"),
        ("+18005550199", "(800) 555-0199", "US", "toll-free", None),
        ("+61412345678", "0412 345 678", "AU", "mobile", None),  # anywhere in a country of several zones
    ],
)
def test_a_number_says_where_and_what_it_is(
    number: str, national: str, country: str, kind: str, local: str | None
) -> None:
    told = facts(number, NOON)
    assert (told.national, told.country, told.kind) == (national, country, kind)
    assert (told.local_time.strftime("%H:%M %Z") if told.local_time else None) == local


def test_an_early_and_a_late_hour_are_odd() -> None:
    new_york = "+12125550134"
    assert not facts(new_york, NOON).is_odd_hour
    assert facts(new_york, NOON.replace(hour=11)).is_odd_hour
    assert facts(new_york, NOON.replace(day=2, hour=1)).is_odd_hour
    assert not facts("+18005550199", NOON.replace(hour=4)).is_odd_hour
