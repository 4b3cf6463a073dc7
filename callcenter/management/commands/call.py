from __future__ import annotations

import json
import re
import signal
import sys
import threading
from argparse import ArgumentTypeError
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from callcenter.api_client import ApiClient, ApiError
from callcenter.call_feed import NotFollowed, PlacedCall, follow, place
from callcenter.call_view import CallView
from callcenter.owner import local_url
from tasks_app.models import Task

FAILED, USAGE, INTERRUPTED = 1, 2, 130
MAX_STOP_AFTER_S = 86_400

FIELDS = {
    "objective": "objective",
    "context": "context",
    "target": "target_outcome",
    "walkaway": "walkaway_point",
    "persona": "agent_persona",
    "opening": "opening_line",
    "style": "style",
    "type": "task_type",
}
"""The API's field for each option."""


class Command(BaseCommand):
    help = (
        "Phone a number through the running server and follow the call here. Ctrl-C stops the call, a second one "
        "leaves it. Exit status: 0 the call completed, 1 it was refused or failed, 2 the arguments make no sense, "
        "130 left before its end."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  the server has been checked, and the rest is its own

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="whom to call: +12025550100")
        parser.add_argument("--objective", required=True, help="what the call is to achieve")
        parser.add_argument("--context", help="what the agent should know")
        parser.add_argument("--target", help="what would be a success")
        parser.add_argument("--walkaway", help="the limit, told to nobody but the agent")
        parser.add_argument("--persona", help="how the agent is")
        parser.add_argument("--opening", help="what it says after it has said what and for whom it is")
        parser.add_argument("--style", choices=Task.Style.values)
        parser.add_argument("--type", choices=Task.Type.values, help="the kind of errand")
        parser.add_argument(
            "--stop-after", type=_seconds, metavar="S", help="stop the call S seconds after it was placed"
        )
        parser.add_argument("--json", action="store_true", help="print the events of the feed, one a line")
        parser.add_argument("--url", type=_url, default=local_url(), help="the server (default: %(default)s)")
        parser.add_argument(
            "--api-key", type=_api_key, help="its key (default: the one in DATA_ROOT/api-key)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        api = ApiClient(options["url"], options["api_key"] or _key_of_the_first_run())
        errand = {field: options[name] for name, field in FIELDS.items() if options[name] is not None}
        view = CallView()
        stopping = _Stopping(api, options["stop_after"])
        signal.signal(signal.SIGINT, stopping.interrupted)
        try:
            call = place(api, {**errand, "target_phone": options["number"]})
            _note(call.message)
            stopping.placed(call)
            _watch(api, call, view, _print_json if options["json"] else _print_lines)
        except ApiError as error:
            _fail(USAGE if error.status == HTTPStatus.BAD_REQUEST else FAILED, _explained(error))
        except NotFollowed as error:
            _fail(FAILED, f"{error} The call may go on: stop it on its page or over the API.")
        except KeyboardInterrupt:
            _fail(INTERRUPTED, "Left before the end of the call.")
        if view.state != "completed":
            sys.exit(FAILED)


class _Stopping:
    """Asks the server to stop the call: by Ctrl-C, or after a time; as soon as there is a call."""

    def __init__(self, api: ApiClient, after_s: float | None) -> None:
        self._api = api
        self._after_s = after_s
        self._call: PlacedCall | None = None
        self._interrupts = 0

    def placed(self, call: PlacedCall) -> None:
        """The call is on its way."""
        self._call = call
        if self._interrupts:
            self._in_background(0)
        elif self._after_s is not None:
            self._in_background(self._after_s)

    def interrupted(self, *_: Any) -> None:
        """Ctrl-C: stop the call, and leave at the second one."""
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        if self._call is not None:
            self._in_background(0)

    def _in_background(self, after_s: float) -> None:
        """The terminal goes on showing the call meanwhile."""
        timer = threading.Timer(after_s, self._stop)
        timer.daemon = True
        timer.start()

    def _stop(self) -> None:
        assert self._call is not None
        self._interrupts = max(1, self._interrupts)
        _note("Stopping the call. Ctrl-C leaves it.")
        try:
            self._api.post(f"/api/tasks/{self._call.task_id}/stop", {})
        except ApiError as error:
            _note(f"The call could not be stopped. {_explained(error)}")


def _watch(
    api: ApiClient, call: PlacedCall, view: CallView, show: Callable[[dict[str, Any], list[str]], None]
) -> None:
    for message in follow(api, call.session_id):
        show(message, view.lines(message))
        if view.ended:
            return


def _print_lines(message: dict[str, Any], lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _print_json(message: dict[str, Any], lines: list[str]) -> None:
    print(json.dumps(message), flush=True)


def _note(sentence: str) -> None:
    """Beside the events, so that `--json` is nothing but JSON on the standard output."""
    print(sentence, file=sys.stderr, flush=True)


def _fail(status: int, sentence: str) -> NoReturn:
    _note(sentence)
    sys.exit(status)


def _explained(error: ApiError) -> str:
    """What was wrong and what to do, in one line."""
    if error.status == 0:
        return f"{error} Start it with `manage.py up`, or name another with --url."
    if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"The server refused the API key: {error} Give a valid one with --api-key."
    return f"Refused ({error.code or error.status}): {error}"


def _key_of_the_first_run() -> str:
    path: Path = settings.DATA_ROOT / "api-key"
    try:
        return path.read_text().strip()
    except OSError as error:
        _fail(
            USAGE,
            f"There is no API key in {path} ({error.strerror}). The first `manage.py up` or `manage.py migrate` "
            "makes one; or give one with --api-key.",
        )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= MAX_STOP_AFTER_S:
        raise ArgumentTypeError(f"must be a number of seconds from 0 to {MAX_STOP_AFTER_S}")
    return seconds


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        is_url = False
    if not is_url or not text.isprintable() or " " in text:
        raise ArgumentTypeError("must be a server's address, as in http://127.0.0.1:3001")
    return text


def _api_key(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ArgumentTypeError("is not an API key: letters, digits and signs without spaces")
    return text
