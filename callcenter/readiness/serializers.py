"""The result of all checks in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from callcenter.readiness.report import State


class CheckSerializer(serializers.Serializer[Any]):
    """One thing that was looked at."""

    name = serializers.CharField(help_text="A stable name, for programs.")
    state = serializers.ChoiceField([str(state) for state in State])
    message = serializers.CharField(help_text="What was found.")
    fix = serializers.CharField(help_text="What to do about it; empty where nothing is to be done.")
    required = serializers.BooleanField(  # type: ignore[assignment]
        help_text="Whether real calls need it."
    )


class ReadinessSerializer(serializers.Serializer[Any]):
    """What is configured, what works, and what is missing."""

    twilio_configured = serializers.BooleanField(help_text="All of its variables are set.")
    deepgram_configured = serializers.BooleanField(help_text="Its key is set.")
    llm_ready = serializers.BooleanField(help_text="A language model answers, to judge calls.")
    llm_provider = serializers.CharField()
    deepgram_voice_agent_enabled = serializers.BooleanField()
    can_dial_live = serializers.BooleanField(
        help_text="A real telephone would ring: all that is required works."
    )
    simulated = serializers.BooleanField(help_text="The simulator stands in for Twilio and Deepgram.")
    checked_at = serializers.DateTimeField(help_text="An answer is kept for ten seconds.")
    checks = CheckSerializer(many=True)
    to_fix = serializers.ListField(child=serializers.CharField(), help_text="What is required comes first.")
