"""Django's settings for workers in tests: dead workers are noticed within seconds."""

from __future__ import annotations

from callcenter.settings import *  # noqa: F403
from callcenter.settings import CELERY_BEAT_SCHEDULE

WORK_LEASE_SECONDS = 6.0
CELERY_BEAT_SCHEDULE = {name: entry | {"schedule": 1.0} for name, entry in CELERY_BEAT_SCHEDULE.items()}
