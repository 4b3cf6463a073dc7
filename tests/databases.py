"""A database of its own for every product that a test starts, on the engine the tests run on."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

SERVER_URL = os.environ.get("DATABASE_URL", "")
"""PostgreSQL's, where the tests run on it. SQLite needs nothing: its file lies in each product's DATA_ROOT."""


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The variables that lead a process to an empty database, which is gone afterwards."""
    if not SERVER_URL:
        yield {}
        return
    name = f"product_{uuid.uuid4().hex}"
    with psycopg.connect(SERVER_URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", SERVER_URL)}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
