from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from callcenter.env import BASE_DIR
from callcenter.env_example import render


class Command(BaseCommand):
    help = "Write .env.example from the variables in callcenter/env.py."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def handle(self, *args: Any, **options: Any) -> None:
        path = BASE_DIR / ".env.example"
        path.write_text(render(), encoding="utf-8")
        self.stdout.write(f"Wrote {path.name}.")
