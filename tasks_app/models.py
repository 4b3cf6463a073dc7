"""What we want said on the telephone, and what came of it. Only services, receivers and judging write these rows."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from telephony.models import Call
from telephony.steps import OPEN, Step


class Task(models.Model):
    """One errand. It may take several calls; status, times and duration are those of the latest."""

    class Type(models.TextChoices):
        BILL_REDUCTION = "bill_reduction"
        PRICE_NEGOTIATION = "price_negotiation"
        CUSTOM = "custom"

    class Style(models.TextChoices):
        COLLABORATIVE = "collaborative"
        ASSERTIVE = "assertive"
        EMPATHETIC = "empathetic"

    class Status(models.TextChoices):
        PENDING = "pending"
        DIALING = "dialing"
        ACTIVE = "active"
        ENDED = "ended"
        FAILED = "failed"

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown"
        SUCCESS = "success"
        PARTIAL = "partial"
        FAILED = "failed"
        WALKAWAY = "walkaway"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks")
    task_type = models.CharField(max_length=20, choices=Type, default=Type.CUSTOM)
    target_phone = models.CharField(max_length=16, help_text="E.164.")
    objective = models.TextField()
    context = models.TextField(blank=True)
    target_outcome = models.TextField(blank=True)
    walkaway_point = models.TextField(
        blank=True, help_text="Private: leaves the server only inside the agent's prompt."
    )
    agent_persona = models.TextField(blank=True)
    opening_line = models.TextField(blank=True)
    style = models.CharField(max_length=16, choices=Style, default=Style.COLLABORATIVE)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.UNKNOWN)
    duration_seconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["owner", "-created_at", "-id"], name="task_owner_newest"),
            models.Index(fields=["owner", "status"], name="task_owner_status"),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.task_type} {self.status}"


class Analysis(Step):
    """One judgement of one call. A call may be judged again: earlier rows stay, the newest that is ready counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="analyses")
    verdict = models.JSONField(null=True, help_text="tasks_app.analysis.Verdict, once it is ready.")
    outcome = models.CharField(max_length=8, choices=Task.Outcome.choices, default=Task.Outcome.UNKNOWN)
    provider = models.CharField(
        max_length=16, blank=True, help_text="Who judged; statistics and not_reached are nobody's judgement."
    )
    model = models.CharField(max_length=100, blank=True)
    simulated = models.BooleanField(default=False, help_text="The simulator's model answered.")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    raw_answer = models.TextField(blank=True, help_text="What the model wrote.")

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "analyses"
        constraints = (
            models.UniqueConstraint(
                fields=["call"], condition=models.Q(state__in=OPEN), name="one_open_analysis_per_call"
            ),
        )
        indexes = (models.Index(fields=["state", "due_at"], name="analysis_due"),)

    def __str__(self) -> str:
        return f"{self.call_id} {self.state} {self.outcome}"
