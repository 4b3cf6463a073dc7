"""What is logged, how it looks, and how service.log is kept from filling the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MAX_BYTES = 20_000_000
KEPT = 3

_TALKATIVE = (  # their INFO and DEBUG carry URLs, messages and audio
    *("twilio", "httpx", "httpx2", "urllib3", "aiohttp", "websockets", "uvicorn", "daphne"),
    *("asyncio", "kombu", "amqp"),
)


def config(path: Path, level: str) -> dict[str, Any]:
    """Django's LOGGING: every process writes to the console and appends to the one file `path`.

    `manage.py up` renames the file when it has grown, and each writer then opens a new one.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "format": "{asctime}.{msecs:03.0f} {levelname} {process} {name}: {message}",
                "datefmt": "%Y-%m-%d %H:%M:%S",
                "style": "{",
            },
        },
        "filters": {
            # 503 is what /readyz answers on purpose
            "failures": {
                "()": "django.utils.log.CallbackFilter",
                "callback": lambda record: getattr(record, "status_code", 500) != 503,
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "plain"},
            "service_log": {
                "class": "logging.handlers.WatchedFileHandler",
                "filename": path,
                "encoding": "utf-8",
                "delay": True,
                "formatter": "plain",
            },
        },
        "root": {"handlers": ["console", "service_log"], "level": level},
        "loggers": {
            "django.request": {
                "level": "ERROR",
                "filters": ["failures"],
            },  # a client's mistake is no event of ours
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # strangers try names all day
            **{name: {"level": "WARNING"} for name in _TALKATIVE},
        },
    }


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Rename a log that has grown: .1 is the newest of the old. Its writers notice and begin a new file."""
    if not path.exists() or path.stat().st_size < max_bytes:
        return
    for number in range(KEPT, 0, -1):
        older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
