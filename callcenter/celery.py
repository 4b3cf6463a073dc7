"""The Celery application: `celery -A callcenter worker`."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")  # noqa: TID251  Django's own switch

app = Celery("callcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _log_like_the_rest(**_: Any) -> None:
    """Celery would otherwise replace the handlers, and the worker would be missing from service.log."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.worker_ready.connect
def _say_ready(**_: Any) -> None:
    """The line `manage.py up` waits for."""
    print("worker ready", flush=True)
