"""The rows of a call. Only `telephony.services` writes them, and `transcripts` and `steps` the `Transcription`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from telephony.brief import CallBrief
from telephony.lifecycle import LIVE, TERMINAL, State
from telephony.speaker import Speaker
from telephony.steps import Step

_LIVE_STATES = sorted(LIVE)


class Call(models.Model):
    """One attempt to phone somebody. The API calls its id `session_id`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey("tasks_app.Task", on_delete=models.CASCADE, related_name="calls")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calls")
    brief = models.JSONField(help_text="What the agent was told (CallBrief).")
    to_number = models.CharField(max_length=16)
    from_number = models.CharField(max_length=16, blank=True)
    simulated = models.BooleanField(default=False, help_text="The simulator stood in for the providers.")

    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in State], default=State.RESERVED.value
    )
    ended_reason = models.CharField(max_length=40, blank=True)
    ended_detail = models.TextField(blank=True, help_text="The reason in words, for a person.")
    answered_by = models.CharField(max_length=32, blank=True)

    call_sid = models.CharField(max_length=34, null=True, unique=True, editable=False)  # noqa: DJ001  NULLs are distinct
    stream_sid = models.CharField(max_length=34, blank=True)
    stream_generation = models.PositiveIntegerField(default=1, help_text="Which stream token is valid.")
    stream_claimed = models.BooleanField(default=False, help_text="The token of this generation was used.")

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    placed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    clock_started_at = models.DateTimeField(null=True, help_text="Zero of the call clock: the first stream.")
    ended_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    duration_seconds = models.PositiveIntegerField(null=True)

    event_seq = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True, help_text="The process that holds the audio.")
    lease_expires_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(
        default=0, help_text="Rises with each owner; a former owner cannot write."
    )

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["task"], condition=models.Q(state__in=_LIVE_STATES), name="one_live_call_per_task"
            ),
        )
        indexes = (
            models.Index(fields=["state", "lease_expires_at"], name="call_state_lease"),
            models.Index(fields=["owner", "created_at"], name="call_owner_created"),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state not in TERMINAL

    def get_brief(self) -> CallBrief:
        """The brief as the agent got it."""
        return CallBrief.from_json(self.brief)


class CallEvent(models.Model):
    """Something that happened in a call. Append-only; `seq` counts from 1 in each call, in commit order."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    timestamp = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("call", "seq")
        constraints = (models.UniqueConstraint(fields=["call", "seq"], name="event_seq_once"),)

    def __str__(self) -> str:
        return f"{self.call_id}/{self.seq} {self.type}"


class Turn(models.Model):
    """What one side said before the other took over. Times are ms on the call clock."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField(help_text="Counts from 1 in each call.")
    speaker = models.CharField(max_length=8, choices=[(s.value, s.shown_as) for s in Speaker])
    text = models.TextField()
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    heard = models.FloatField(default=1.0, help_text="The part of its audio that was really played, 0 to 1.")
    heard_text = models.TextField(blank=True, help_text="The words of that part.")
    final = models.BooleanField(default=True, help_text="Nothing more will be added.")

    class Meta:
        ordering = ("call", "number")
        constraints = (models.UniqueConstraint(fields=["call", "number"], name="turn_number_once"),)

    def __str__(self) -> str:
        return f"{self.call_id}/{self.number} {self.speaker}"


class Recording(models.Model):
    """The sound of a call: two tracks and their mix, under `DATA_ROOT/recordings/<call id>/`."""

    class State(models.TextChoices):
        RECORDING = "recording"
        FINISHED = "finished"
        TRUNCATED = "truncated"  # something of the end or the middle was lost
        MISSING = "missing"

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="recording")
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECORDING)
    duration_ms = models.PositiveIntegerField(default=0)
    detail = models.TextField(blank=True, help_text="What was lost, in words.")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.call_id} {self.state}"


class Transcription(Step):
    """The recording's words, merged with the live turns into the final transcript. The live turns stay."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="transcription")
    turns = models.JSONField(default=list, help_text="TranscriptTurn, in order, with the time of each word.")

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["state", "due_at"], name="transcription_due"),)

    def __str__(self) -> str:
        return f"{self.call_id} {self.state}"
