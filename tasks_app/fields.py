"""What people send, checked: text for the agent, a number to dial, and no field that does not exist."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from rest_framework import serializers

from tasks_app.dialling import why_not_dialled
from telephony import policy


class Text(serializers.CharField):
    """Free text for the agent: line breaks and tabs are its only control characters."""

    def to_internal_value(self, data: Any) -> str:
        """Only strings: a number here is a mistake that would be spoken."""
        if not isinstance(data, str):
            self.fail("invalid")
        _refuse_control_characters(data)
        return super().to_internal_value(data)


class PhoneNumber(serializers.CharField):
    """A number as a person types it; kept as E.164. What may not be called is refused here already."""

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError with the policy's name for what is wrong."""
        text = super().to_internal_value(data)
        _refuse_control_characters(text)
        try:
            number = policy.parse_number(text, settings.DEFAULT_PHONE_REGION)
        except policy.NotDialable as error:
            raise serializers.ValidationError(error.message, code=error.code) from None
        refusal = why_not_dialled(number)
        if refusal:
            raise serializers.ValidationError(refusal.message, code=refusal.code)
        return number


def refuse_unknown_fields(data: Any, known: Iterable[str], writable: Iterable[str]) -> None:
    """Fields that do not exist are refused by name: a misspelt one must not be lost in silence."""
    unknown = sorted(set(data) - set(known)) if isinstance(data, dict) else []
    if unknown:
        message = serializers.ErrorDetail(
            f"There is no such field. The fields are {', '.join(writable)}.", "unknown_field"
        )
        raise serializers.ValidationError({name: [message] for name in unknown})


def _refuse_control_characters(text: str) -> None:
    """They cannot be spoken, and NUL cannot even be stored."""
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) == "Cc" and character not in "\n\r\t":
            raise serializers.ValidationError(
                f"Has a control character (U+{ord(character):04X}) at position {position}: remove it.",
                code="control_character",
            )
