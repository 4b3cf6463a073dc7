from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from callcenter.owner import OWNER, ensure_owner, sign_in_url


class Command(BaseCommand):
    help = "Print a link that signs one person in, once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default=OWNER, help=f"whom it signs in (default: {OWNER})")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        try:
            if username == OWNER:
                ensure_owner()
            user = User.objects.filter(username=username, is_active=True).first()
            if user is None:
                raise CommandError(f"There is no active user named {username}.")
            self.stdout.write(sign_in_url(user))
        except DatabaseError:
            raise CommandError(
                "The database is not there yet: run `manage.py migrate` or `manage.py up`."
            ) from None
