from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.commands import migrate
from django.db import connection

from callcenter import owner
from callcenter.models import ApiKey


class Command(migrate.Command):
    """Django's own. By hand on a new installation it makes what `manage.py up` makes: an account and its key."""

    is_by_hand = False

    def run_from_argv(self, argv: list[str]) -> None:
        """From the command line, and not from `manage.py up` or a test."""
        self.is_by_hand = True
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.is_by_hand and not settings.PRODUCTION and _has_tables_and_nobody():
            user, _ = owner.ensure_owner()
            key_file = owner.ensure_api_key(user, settings.DATA_ROOT)
            if options["verbosity"]:
                self.stdout.write(f"Sign in (once, within a day): {owner.sign_in_url(user)}")
                self.stdout.write(f"API key: {key_file}")


def _has_tables_and_nobody() -> bool:
    tables = connection.introspection.table_names()
    return ApiKey._meta.db_table in tables and not User.objects.exists()
