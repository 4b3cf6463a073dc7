"""Whether the database has every table as this version wants it."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def are_current() -> bool:
    """Whether no migration is missing. Reads the table of migrations and every file of them."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
