"""What is logged, how it looks, and how service.log is kept whole and from filling the disk."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from telemetry.store import LineFile

MAX_BYTES = 20_000_000
KEPT_FILES = 3

_TALKATIVE = (  # their INFO and DEBUG carry URLs, messages and audio
    *("twilio", "httpx", "httpx2", "urllib3", "aiohttp", "websockets", "uvicorn", "daphne"),
    *("asyncio", "kombu", "amqp"),
)

_TRIED_BY_STRANGERS = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
"""What is refused all day long, and logged by Django as an error with a traceback."""


def config(path: Path, level: str) -> dict[str, Any]:
    """Django's LOGGING: every process writes to the console and appends to the one file `path`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": "callcenter.logs.PlainFormatter",
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
            },
            "of_uvicorn": {"()": "django.utils.log.CallbackFilter", "callback": _says_something},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "plain"},
            "service_log": {
                "class": "callcenter.logs.SharedFileHandler",
                "path": path,
                "formatter": "plain",
            },
        },
        "root": {"handlers": ["console", "service_log"], "level": level},
        "loggers": {
            # a client's mistake is no event of ours
            "django.request": {"level": "ERROR", "filters": ["failures"]},
            **{f"django.security.{name}": {"level": "CRITICAL"} for name in _TRIED_BY_STRANGERS},
            # uvicorn's command line takes its loggers away from the root's handlers
            **{name: {"level": "WARNING", "propagate": True} for name in _TALKATIVE},
            "uvicorn.error": {"level": level, "filters": ["of_uvicorn"]},
        },
    }


def _says_something(record: logging.LogRecord) -> bool:
    """Of uvicorn's everyday messages only where it listens: whoever starts it by hand wants to know.

    And not its error about each WebSocket that we refused with an answer of HTTP, which it takes for none at all.
    """
    message = record.getMessage()
    if record.levelno < logging.WARNING:
        return message.startswith("Uvicorn running on")
    return message != "ASGI callable returned without completing handshake."


class PlainFormatter(logging.Formatter):
    """Only a new record begins at the margin: whatever a message quotes cannot look like one."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(super().format(record).replace("\r", "\\r").split("\n"))


class SharedFileHandler(logging.Handler):
    """Appends records to a file that other processes append to as well; whoever finds it full rotates it."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._file = LineFile(path, max_bytes=max_bytes, kept_files=KEPT_FILES)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; as with the library's own handlers, a failure stays here."""
        try:
            self._file.append(self.format(record).encode("utf-8", "backslashreplace") + b"\n")
        except Exception:
            self.handleError(record)
