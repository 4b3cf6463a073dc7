"""What a person wants done in a live call, as JSON, and the answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tasks_app.fields import Text, refuse_unknown_fields
from tasks_app.serializers import AnswerSerializer
from telephony.actions import MAX_TEXT, ActionType
from telephony.keypad import KEYS

ACTION_SENT = "The action is on its way; an operator_action event says what came of it."

_NEEDS = {ActionType.SAY: "text", ActionType.WHISPER: "text", ActionType.DTMF: "digits"}


class ActionSerializer(serializers.Serializer[Any]):
    """One action; each type takes its own field, and no other."""

    type = serializers.ChoiceField(list(ActionType))
    text = Text(
        max_length=MAX_TEXT,
        required=False,
        help_text="For `say`: what the agent says, word by word. For `whisper`: what it is told.",
    )
    digits = serializers.RegexField(
        rf"\A(?:{KEYS.pattern})\Z",
        required=False,
        help_text="For `dtmf`: 1 to 32 keys of 0-9, * and #; w waits half a second, W a whole one.",
        error_messages={"invalid": "Must be 1 to 32 of 0-9, *, #, and w or W for a pause."},
    )

    def to_internal_value(self, data: Any) -> Any:
        """Refuses fields that do not exist."""
        refuse_unknown_fields(data, known=self.fields, writable=self.fields)
        return super().to_internal_value(data)

    def validate_text(self, text: str) -> str:
        """One line: it is spoken, or stands on a line of the prompt."""
        return " ".join(text.split())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The fields must be those of the type."""
        needed = _NEEDS.get(attrs["type"])
        if needed is not None and not attrs.get(needed):
            raise serializers.ValidationError(
                {needed: serializers.ErrorDetail(f"{attrs['type']} needs it.", "required")}
            )
        for other in {"text", "digits"} & set(attrs) - {needed}:
            raise serializers.ValidationError(
                {
                    other: serializers.ErrorDetail(
                        f"{attrs['type']} does not take it: leave it out.", "unexpected"
                    )
                }
            )
        return attrs


class ActionAnswerSerializer(AnswerSerializer):
    """The action is on its way; `action_id` is the `id` of the event that says what came of it."""

    action_id = serializers.CharField()
