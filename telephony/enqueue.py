"""Tell the workers that there is work, without waiting for the broker.

A message that cannot be sent is dropped: the row it speaks of is found by the sweep.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Final

from celery import current_app
from django.conf import settings
from django.db import transaction

from telemetry.record import count

logger = logging.getLogger(__name__)

MAX_WAITING = 1_000

_waiting: Final[queue.Queue[tuple[str, str]]] = queue.Queue(MAX_WAITING)
_starting = threading.Lock()
_sender: threading.Thread | None = None


def enqueue_on_commit(task: str, key: object) -> None:
    """Send `task` with the key of its row once the transaction is committed. Never raises, never waits."""
    if settings.REDIS_URL:  # without a broker there is nobody to tell
        transaction.on_commit(lambda: enqueue(task, key), robust=True)


def enqueue(task: str, key: object) -> None:
    """Send `task` with the key of its row soon, from a thread of our own."""
    try:
        _waiting.put_nowait((task, str(key)))
    except queue.Full:
        count("telephony", "message_dropped")
        return
    _start()


def _start() -> None:
    global _sender
    with _starting:
        if _sender is None or not _sender.is_alive():
            _sender = threading.Thread(target=_send_all, name="enqueue", daemon=True)
            _sender.start()


def _send_all() -> None:
    while True:
        task, key = _waiting.get()
        try:
            current_app.send_task(task, args=[key], retry=False, ignore_result=True)
        except Exception as error:  # whatever a broker that is away makes its client raise
            count("telephony", "message_dropped")
            logger.warning("%s could not be enqueued (%s); the sweep will", task, type(error).__name__)
