"""Celery's entries. They fetch nothing and decide nothing themselves."""

from __future__ import annotations

from celery import shared_task

from telephony import sweeper, transcripts
from telephony.models import Transcription
from telephony.slots import Slots, one_at_a_time

_transcriptions = Slots(Transcription, transcripts.transcribe)


@shared_task(name="telephony.tasks.sweep", ignore_result=True)
def sweep(**_later_arguments: object) -> None:
    """Look after abandoned calls, recordings and transcriptions; repeated by beat."""
    _sweep()


@one_at_a_time
def _sweep() -> None:
    sweeper.sweep()
    transcripts.sweep()


@shared_task(name=transcripts.TASK, ignore_result=True)
def transcribe(key: str, **_later_arguments: object) -> None:
    """Transcribe one recording, if nobody else does."""
    _transcriptions.work_on(key)
