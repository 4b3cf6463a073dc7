from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter.api_client import ApiClient, ApiError
from callcenter.call_feed import NotFollowed
from callcenter.fresh_copy import NoCopy, fresh_copy
from callcenter.scenario_page import page
from callcenter.scenario_run import ScenarioRun, run_all, scenarios_of

SETTINGS = {"RING_TIMEOUT_SECONDS": "25", "SILENCE_TIMEOUT_SECONDS": "8"}
"""Shorter than the defaults, so that nobody waits long; one of the scenarios rings for 20 s."""


class Command(BaseCommand):
    help = (
        "Call every scenario of the simulator, from a copy of the product started for it, and write the page that "
        "shows how each call went. Takes three minutes."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def add_arguments(self, parser: CommandParser) -> None:
        path = settings.BASE_DIR / "docs" / "scenarios.md"
        parser.add_argument("--output", type=Path, default=path, help="the page (default: %(default)s)")
        parser.add_argument(
            "--at-once", type=int, choices=range(1, 17), metavar="N", default=4, help="calls at a time (4)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["output"].parent.is_dir():
            raise CommandError(f"--output: there is no folder {options['output'].parent}.")
        try:
            with fresh_copy(**SETTINGS) as copy:
                api, simulator = ApiClient(copy.url, copy.api_key), ApiClient(copy.simulator_url, "")
                runs = run_all(api, scenarios_of(simulator), at_once=options["at_once"], done=self._tell)
            options["output"].write_text(page(runs, SETTINGS), encoding="utf-8")
        except (NoCopy, ApiError, NotFollowed) as error:
            sys.exit(f"The page was not written. {error}")
        except OSError as error:
            sys.exit(f"--output: {options['output']} cannot be written ({error.strerror}).")
        self.stdout.write(f"Wrote {options['output']}: {len(runs)} calls.")

    def _tell(self, run: ScenarioRun) -> None:
        ended = run.refusal or run.of("call_status")[-1]["ended_reason"]
        self.stdout.write(f"{run.scenario.name}: {ended}")
