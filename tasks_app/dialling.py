"""Telephony's rules for numbers and for how many calls there may be, with this server's settings."""

from __future__ import annotations

from django.conf import settings

from telephony import limits, policy


def dial_checks(number: str, *, owner_id: int) -> list[policy.Check]:
    """Every rule for one more call of this person to this E.164 number, with its result."""
    of_number = policy.checks(
        number, allowed_countries=settings.ALLOWED_COUNTRIES, own_number=settings.TWILIO_PHONE_NUMBER
    )
    return [*of_number, *limits.checks(owner_id=owner_id, to_number=number)]


def why_not_dialled(number: str) -> policy.Blocked | None:
    """Why this E.164 number must not be called from here, or None."""
    return policy.check(
        number, allowed_countries=settings.ALLOWED_COUNTRIES, own_number=settings.TWILIO_PHONE_NUMBER
    )
