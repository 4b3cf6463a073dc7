"""Celery's entries. They fetch nothing and decide nothing themselves."""

from __future__ import annotations

from celery import shared_task

from telephony import sweeper


@shared_task(name="telephony.tasks.sweep", ignore_result=True)
def sweep(**_later_arguments: object) -> None:
    """Look after abandoned calls and recordings; repeated by beat."""
    sweeper.sweep()
