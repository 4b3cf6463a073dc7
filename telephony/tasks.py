"""Celery's entries. They fetch nothing and decide nothing themselves."""

from __future__ import annotations

from celery import shared_task

from telephony import sweeper, transcripts


@shared_task(name="telephony.tasks.sweep", ignore_result=True)
def sweep(**_later_arguments: object) -> None:
    """Look after abandoned calls, recordings and transcriptions; repeated by beat."""
    sweeper.sweep()
    transcripts.sweep()


@shared_task(name=transcripts.TASK, ignore_result=True)
def transcribe(key: str, **_later_arguments: object) -> None:
    """Transcribe one recording, if nobody else does."""
    transcripts.transcribe(key)
