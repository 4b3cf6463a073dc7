from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from callcenter import shape
from callcenter.api_client import ApiClient, ApiError
from callcenter.owner import local_url
from callcenter.readiness import Check, Readiness, State, readiness
from callcenter.readiness.remote import remote_readiness

_START = "Start it with ./scripts/up.sh or `python manage.py up`."


class Command(BaseCommand):
    help = (
        "Look at every setting and provider, by a real request without effect: what works, what is missing, how to "
        "mend it. Asks the running server, if there is one. Exit status: 0 calls can be placed, or simulated ones "
        "with nothing to mend; 1 otherwise."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  they are among the checks

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--here",
            action="store_true",
            help="look from here: what a server would see that is started now, as after a change to .env",
        )
        parser.add_argument("--json", action="store_true", help="print what the API answers")

    def handle(self, *args: Any, **options: Any) -> None:
        found, by_whom = (readiness(), "Seen from here") if options["here"] else _ask_server_first()
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict(), cls=DjangoJSONEncoder, indent=2))
        else:
            self._print(found, by_whom)
        if not found.is_well:
            sys.exit(1)

    def _print(self, found: Readiness, by_whom: str) -> None:
        self.stdout.write(f"{by_whom}, {found.checked_at:%Y-%m-%d %H:%M:%S} UTC:\n\n")
        width = max(len(check.name) for check in found.checks)
        for check in found.checks:
            self.stdout.write(f"  {check.state:8}{check.name:{width}}  {check.message}")
            if check.fix:
                self.stdout.write(f"  {'':8}{'':{width}}  -> {check.fix}")
        self.stdout.write(f"\n{_conclusion(found)}")


def _ask_server_first() -> tuple[Readiness, str]:
    """The server's own view; without one, the view from here, with a check more that says so."""
    url, key_file = local_url(), settings.DATA_ROOT / "api-key"
    try:
        ApiClient(url, "").get("/health")
        key = key_file.read_text().strip()
        return remote_readiness(ApiClient(url, key)), f"As the server on {url} sees it"
    except OSError as error:
        message = f"A server runs on {url}; it cannot be asked without {key_file} ({error.strerror})."
        fix = "Run this with the server's own DATA_ROOT, or make a key on its page /keys/ and write it into that file."
        server = Check("server", State.BROKEN, message, fix)
    except ApiError as error:
        state = State.MISSING if error.code == "unreachable" else State.BROKEN
        fix = _START if error.code == "unreachable" else "See service.log, or choose another PORT."
        server = Check("server", state, str(error), fix)
    found = readiness()
    return replace(found, checks=(server, *found.checks)), "Seen from here"


def _conclusion(found: Readiness) -> str:
    if found.can_dial_live:
        return "Real calls can be placed." + (" Not all works: see above." if found.problems else "")
    if found.simulated:
        return f"Calls are simulated, {'and everything works' if found.is_well else 'but not all works: see above'}."
    if shape.simulates_providers():
        return "Real calls cannot be placed yet: see above. Until then `manage.py up` simulates them."
    return "Real calls cannot be placed yet: see above."
