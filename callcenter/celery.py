"""The Celery application: `celery -A callcenter worker`."""

from __future__ import annotations

import logging.config
import os
import signal
import sys
from typing import Any

from celery import Celery, signals
from celery.concurrency import get_implementation
from celery.concurrency.thread import TaskPool as Threads

from callcenter import child

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")  # noqa: TID251  Django's own switch

app = Celery("callcenter")
app.set_default()  # messages are sent from threads of their own
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_worker_pid = 0


@signals.setup_logging.connect
def _log_like_the_rest(**_: Any) -> None:
    """Celery would otherwise replace the handlers, and the worker would be missing from service.log."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.worker_init.connect
def _know_the_worker(**_: Any) -> None:
    """For beat, which is a fork of this process."""
    global _worker_pid
    _worker_pid = os.getpid()


@signals.worker_init.connect
def _refuse_another_folder(**_: Any) -> None:
    """A worker that looks for recordings elsewhere would call all of them missing."""
    from callcenter import data_root

    if problem := data_root.problem_at_start():
        sys.exit(problem)


@signals.worker_init.connect
def _keep_threads_for_sweeps(sender: Any, **_: Any) -> None:
    """With fewer (`-c`), work that waits for a slow provider could hold all of them: see telephony/slots.py."""
    if get_implementation(sender.pool_cls) is Threads:
        least = app.conf.worker_concurrency
        asked_for = sender.concurrency
        sender.concurrency = max(asked_for, least) if isinstance(asked_for, int) else least


@signals.worker_shutting_down.connect
def _begin_nothing_more(**_: Any) -> None:
    """A worker that is asked to end does what it has begun, and not all that waits."""
    from telephony import slots

    slots.begin_nothing_more()


@signals.beat_embedded_init.connect
def _end_with_the_worker(**_: Any) -> None:
    """Beat is its worker's child. Left behind by one that was killed, it would go on beside the next one's."""
    child.die_with(_worker_pid, signal.SIGTERM)


@signals.worker_ready.connect
def _say_ready(**_: Any) -> None:
    """The line `manage.py up` waits for."""
    print("worker ready", flush=True)
