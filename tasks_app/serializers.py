"""Tasks and calls as JSON, both ways. The walk-away point goes in and never comes out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tasks_app.call_costs import call_cost, task_cost
from tasks_app.cost_serializers import CallCostSerializer, CostSerializer
from tasks_app.fields import PhoneNumber, Text, refuse_unknown_fields
from tasks_app.models import Analysis, Task
from telephony import prompts
from telephony.models import Call, Recording, Turn
from telephony.speaker import Speaker
from telephony.transcript import TranscriptTurn


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    class Meta:
        model = Recording
        fields = ("state", "duration_ms", "detail")


class TurnSerializer(serializers.ModelSerializer[Turn]):
    class Meta:
        model = Turn
        fields = ("number", "speaker", "text", "start_ms", "end_ms", "heard", "heard_text", "final")


class CallSerializer(serializers.ModelSerializer[Call]):
    """One attempt. Needs the recording selected with it."""

    session_id = serializers.UUIDField(source="id", read_only=True)
    task_id = serializers.UUIDField(read_only=True)
    recording_state = serializers.SerializerMethodField(help_text="null: nothing was ever recorded.")

    class Meta:
        model = Call
        fields: tuple[str, ...] = (
            "session_id",
            "task_id",
            "state",
            "ended_reason",
            "ended_detail",
            "call_sid",
            "answered_by",
            "simulated",
            "created_at",
            "answered_at",
            "ended_at",
            "duration_seconds",
            "recording_state",
        )

    def get_recording_state(self, call: Call) -> str | None:
        recording: Recording | None = getattr(call, "recording", None)
        return recording.state if recording else None


class CallDetailSerializer(CallSerializer):
    """A call with its turns; `seq` is the number of its last event, to follow it from there."""

    seq = serializers.IntegerField(source="event_seq", read_only=True)
    recording = RecordingSerializer(read_only=True, allow_null=True, default=None)
    turns = TurnSerializer(many=True, read_only=True)
    cost = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = (*CallSerializer.Meta.fields, "seq", "recording", "cost", "turns")

    @extend_schema_field(CallCostSerializer)
    def get_cost(self, call: Call) -> Any:
        return CallCostSerializer(call_cost(call)).data


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A task as it is written and listed."""

    target_phone = PhoneNumber(help_text="As you would type it; stored as E.164.")
    objective = Text(max_length=2_000, help_text="What the call is to achieve.")
    context = Text(max_length=10_000, required=False, allow_blank=True)  # type: ignore[assignment]
    target_outcome = Text(max_length=1_000, required=False, allow_blank=True)
    walkaway_point = Text(
        max_length=1_000,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The limit. Only the agent is told; no answer ever contains it.",
    )
    has_walkaway_point = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField(help_text="Of all its calls.")
    agent_persona = Text(max_length=1_000, required=False, allow_blank=True)
    opening_line = Text(max_length=500, required=False, allow_blank=True)

    class Meta:
        model = Task
        fields: tuple[str, ...] = (
            "id",
            "task_type",
            "target_phone",
            "objective",
            "context",
            "target_outcome",
            "walkaway_point",
            "has_walkaway_point",
            "agent_persona",
            "opening_line",
            "style",
            "status",
            "outcome",
            "duration_seconds",
            "created_at",
            "ended_at",
            "cost",
        )
        read_only_fields = ("status", "outcome", "duration_seconds", "ended_at")

    def get_has_walkaway_point(self, task: Task) -> bool:
        return bool(task.walkaway_point)

    @extend_schema_field(CostSerializer)
    def get_cost(self, task: Task) -> Any:
        return CostSerializer(task_cost(task)).data

    def validate_opening_line(self, text: str) -> str:
        """Refuses what would deny the sentence that is said before it."""
        if prompts.claims_human(text):
            raise serializers.ValidationError(
                "The agent says that it is an AI: leave out what claims or sounds otherwise.",
                code="claims_human",
            )
        return text

    def to_internal_value(self, data: Any) -> Any:
        """Refuses fields that do not exist."""
        writable = (name for name, field in self.fields.items() if not field.read_only)
        refuse_unknown_fields(data, known=TaskDetailSerializer.Meta.fields, writable=writable)
        return super().to_internal_value(data)


class TaskDetailSerializer(TaskSerializer):
    """A task with its calls, newest first."""

    calls = CallSerializer(many=True, read_only=True)

    class Meta(TaskSerializer.Meta):
        fields = (*TaskSerializer.Meta.fields, "calls")


class AnswerSerializer(serializers.Serializer[Any]):
    """What became of a request to call or to stop."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    session_id = serializers.UUIDField(allow_null=True)


class WordSerializer(serializers.Serializer[Any]):
    word = serializers.CharField()
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    confidence = serializers.FloatField()


class TranscriptTurnSerializer(serializers.Serializer[TranscriptTurn]):
    """A turn of the transcript; `words` have times where the recording was transcribed."""

    number = serializers.IntegerField()
    speaker = serializers.ChoiceField([(s.value, s.shown_as) for s in Speaker])
    text = serializers.CharField()
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    heard = serializers.FloatField()
    heard_text = serializers.CharField()
    final = serializers.BooleanField()
    words = WordSerializer(many=True)


class TranscriptSerializer(serializers.Serializer[Any]):
    task_id = serializers.UUIDField()
    session_id = serializers.UUIDField()
    source = serializers.ChoiceField(  # type: ignore[assignment]
        ["live", "final"],
        help_text="final: the recording was transcribed, and merged with what was heard live.",
    )
    turns = TranscriptTurnSerializer(many=True)
    count = serializers.IntegerField()


class EvidenceSerializer(serializers.Serializer[Any]):
    """Words of the transcript, found there; `start_ms` is when their turn began."""

    turn = serializers.IntegerField()
    quote = serializers.CharField()
    start_ms = serializers.IntegerField()


class ClaimSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    supported = serializers.BooleanField(help_text="false: none of its evidence is in the transcript.")
    evidence = EvidenceSerializer(many=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """What came of a call, and on what evidence."""

    session_id = serializers.UUIDField()
    state = serializers.ChoiceField([Analysis.State.READY])
    provider = serializers.CharField(
        help_text="openai, anthropic, groq, local; simulator, statistics and not_reached are no judgement of a model."
    )
    model = serializers.CharField()
    created_at = serializers.DateTimeField()
    summary = serializers.CharField()
    outcome = serializers.ChoiceField(Task.Outcome.choices)
    outcome_reasoning = serializers.CharField()
    evidence = EvidenceSerializer(many=True, help_text="What the outcome rests on.")
    concessions = ClaimSerializer(many=True)
    tactics = ClaimSerializer(many=True)
    tactics_used = serializers.ListField(child=serializers.CharField())
    score = serializers.IntegerField(allow_null=True, help_text="0 to 100; null: not judged.")
    score_reasoning = serializers.CharField()
    rapport_quality = serializers.CharField()
    key_moments = ClaimSerializer(many=True)
    improvement_suggestions = serializers.ListField(child=serializers.CharField())
    details = serializers.DictField()


class PendingAnalysisSerializer(serializers.Serializer[Any]):
    """A verdict that is not there yet."""

    session_id = serializers.UUIDField()
    state = serializers.ChoiceField([Analysis.State.PENDING, Analysis.State.RUNNING])
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, for the OpenAPI document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="A stable name, for programs.")
    instance = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.DictField(child=serializers.CharField())),
        required=False,
        help_text="By field: what is wrong and how to mend it.",
    )
    ok = serializers.BooleanField(required=False, help_text="false: what was asked for was not done.")
    session_id = serializers.UUIDField(required=False)
