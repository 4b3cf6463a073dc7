"""What the pages offer to choose from, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tasks_app.templatetags.display import OUTCOMES, STATUSES, TASK_TYPES

PERIODS: Final = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
PERIOD_CHOICES: Final = [("1d", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")]
STATUS_CHOICES: Final = [
    ("dialing,active", "In a call now"),
    *((name, look.word) for name, look in STATUSES.items() if name not in {"dialing", "active"}),
]
OUTCOME_CHOICES: Final = [(name, look.word) for name, look in OUTCOMES.items()]
TYPE_CHOICES: Final = list(TASK_TYPES.items())
STYLE_CHOICES: Final = [
    ("collaborative", "Collaborative: look for what works for both sides"),
    ("assertive", "Assertive: polite and firm, ask again when the answer is vague"),
    ("empathetic", "Empathetic: warm and patient"),
]
