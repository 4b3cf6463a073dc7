"""`DATABASE_URL` as Django's DATABASES wants it, with the options both engines need under load."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA busy_timeout=20000;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-20000"
)

CONNECTS_WITHIN_S = 5


def is_sqlite(url: str) -> bool:
    """Whether a `DATABASE_URL` means SQLite, as an empty one does."""
    return urlsplit(url).scheme in ("", "sqlite")


def from_url(url: str, data_root: Path) -> dict[str, Any]:
    """The `default` database: SQLite under `data_root` when `url` is empty.

    SQLite writes ahead and begins every transaction as a writer: without both, concurrent writers meet
    "database is locked". PostgreSQL is pooled, because connections kept per thread leak under ASGI.
    """
    parts = urlsplit(url)
    if is_sqlite(url):
        path = data_root / (unquote(parts.path).removeprefix("/") or "db.sqlite3")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
            "TEST": {"NAME": str(data_root / "test.sqlite3")},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 10, "timeout": 10}, **dict(parse_qsl(parts.query))},
    }


def connect_once() -> None:
    """Find out whether PostgreSQL can be reached, without the pool, which would try and complain for ten seconds.

    Raises:
        DatabaseError: it cannot; in libpq's words, which hold no password.
    """
    from django.db import connection  # the settings import this module

    if connection.vendor == "postgresql":
        import psycopg

        with connection.wrap_database_errors:
            options = {"connect_timeout": CONNECTS_WITHIN_S, **connection.get_connection_params()}
            psycopg.connect(**options).close()
