"""Telephony's rules for numbers, with this server's settings."""

from __future__ import annotations

from django.conf import settings

from telephony import policy


def dial_checks(number: str) -> list[policy.Check]:
    """Every rule for this E.164 number, with its result."""
    return policy.checks(
        number, allowed_countries=settings.ALLOWED_COUNTRIES, own_number=settings.TWILIO_PHONE_NUMBER
    )


def why_not_dialled(number: str) -> policy.Blocked | None:
    """Why this E.164 number must not be called from here, or None."""
    return policy.check(
        number, allowed_countries=settings.ALLOWED_COUNTRIES, own_number=settings.TWILIO_PHONE_NUMBER
    )
