"""Costs as JSON. Amounts are US dollars; null is unknown, and never means nothing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tasks_app.costs import CURRENCY, Cost, Part


class CostSerializer(serializers.Serializer[Cost]):
    """A sum. Somebody is billed `total`; a simulated call costs nothing, and would have cost `at_list_price`."""

    currency = serializers.SerializerMethodField()
    total = serializers.FloatField(help_text="At least this much, where `complete` is false.")
    at_list_price = serializers.FloatField(help_text="The same if nothing had been simulated.")
    complete = serializers.BooleanField(help_text="false: what `unknown` names is missing from the total.")
    unknown = serializers.ListField(child=serializers.CharField())
    simulated = serializers.BooleanField(help_text="Nobody is billed for any of it.")

    def get_currency(self, _: Any) -> str:
        return CURRENCY


class CostPartSerializer(serializers.Serializer[Part]):
    """One line of the bill, at list price."""

    name = serializers.CharField(
        help_text="telephone, media_stream, agent, transcription, analysis_input, analysis_output"
    )
    label = serializers.CharField()  # type: ignore[assignment]
    quantity = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    unit_price = serializers.FloatField(allow_null=True)
    amount = serializers.FloatField(allow_null=True)
    simulated = serializers.BooleanField(help_text="Not billed, and not in the total.")


class CallCostSerializer(CostSerializer):
    """A call's cost so far, and for each further minute."""

    final = serializers.BooleanField(help_text="false: more may be added.")
    parts = CostPartSerializer(many=True)
    per_minute = CostSerializer(help_text="While the call goes on, its verdict left out.")
    prices_as_of = serializers.DateField(allow_null=True, help_text="The date of the oldest price in it.")
