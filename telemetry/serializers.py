"""What may be asked of the telemetry, and what the answers look like in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from telemetry.selection import Wanted

MAX_EVENTS = 1000


class FilterSerializer(serializers.Serializer[Any]):
    """The query parameters of both questions. What is empty is no condition."""

    component = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="As in `http`."
    )
    action = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="As in `task-list`."
    )
    task_id = serializers.UUIDField(required=False)
    session_id = serializers.UUIDField(required=False)

    def wanted(self, viewer: int | None, visible: frozenset[str] | None) -> Wanted:
        """The conditions, for a user to whom only `visible` tasks and calls are shown; None: everything."""
        conditions = {
            name: str(self.validated_data[name])
            for name in ("component", "action", "task_id", "session_id")
            if self.validated_data.get(name)
        }
        return Wanted(viewer=viewer, visible=visible, **conditions)


class RecentFilterSerializer(FilterSerializer):
    """The query parameters of `recent`."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_EVENTS, default=100, help_text="Counted after the conditions."
    )


class EventSerializer(serializers.Serializer[Any]):
    """One event. More members may follow, as the action has them."""

    timestamp = serializers.DateTimeField()
    component = serializers.CharField()
    action = serializers.CharField()
    ok = serializers.BooleanField()
    duration_ms = serializers.FloatField(allow_null=True)
    task_id = serializers.CharField(allow_null=True, required=False)
    session_id = serializers.CharField(allow_null=True, required=False)
    error = serializers.CharField(allow_null=True, required=False)
    count = serializers.IntegerField(required=False, help_text="How many events this one stands for.")
    max_ms = serializers.FloatField(
        allow_null=True, required=False, help_text="The longest of them; `duration_ms` is their mean."
    )


class RecentSerializer(serializers.Serializer[Any]):
    """The answer of `recent`."""

    count = serializers.IntegerField()
    complete = serializers.BooleanField(
        help_text="False shortly after a start, while older events are still being read."
    )
    events = EventSerializer(many=True, help_text="Newest first.")


class GroupSerializer(serializers.Serializer[Any]):
    """How many events, and how long they took; null when none of them has a duration."""

    count = serializers.IntegerField()
    ok = serializers.IntegerField()
    error = serializers.IntegerField()
    avg_ms = serializers.FloatField(allow_null=True)
    min_ms = serializers.FloatField(allow_null=True)
    max_ms = serializers.FloatField(allow_null=True)
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)


class SummarySerializer(serializers.Serializer[Any]):
    """The answer of `summary`."""

    event_count = serializers.IntegerField()
    component_count = serializers.IntegerField()
    action_count = serializers.IntegerField()
    complete = serializers.BooleanField(
        help_text="False shortly after a start, while older events are still being read."
    )
    slowest_events = EventSerializer(many=True, help_text="The ten slowest.")
    durations_ms = GroupSerializer(help_text="All of them.")
    components = serializers.DictField(child=GroupSerializer(), help_text="By component.")
    actions = serializers.DictField(child=GroupSerializer(), help_text="By action.")
