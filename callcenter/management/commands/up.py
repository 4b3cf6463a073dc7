from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from callcenter import checks, owner, shape
from callcenter.demo import DEFAULT_SCENARIO, RECORDED_NUMBER, Demo, DemoFailed
from callcenter.supervisor import CannotStart, Supervisor
from tasks_app.llm.factory import llm_problem


class Command(BaseCommand):
    help = (
        "Start everything on this machine: broker, database, simulator, web server, worker. Ctrl-C stops it."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  `checks.errors` is what matters here, at once

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="place a simulated call at once and show it")
        parser.add_argument(
            "--once", action="store_true", help="with --demo: stop afterwards; 0 if all went well"
        )
        parser.add_argument(
            "--scenario", metavar="NAME", help=f"with --demo: who answers ({DEFAULT_SCENARIO})"
        )
        parser.add_argument(
            "--callee-audio", type=Path, metavar="FILE", help="a recording that speaks for the callee"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        recording: Path | None = options["callee_audio"]
        _refuse_nonsense(recording, demo=options["demo"], once=options["once"], scenario=options["scenario"])
        self._signals = 0
        self._supervisor = Supervisor(callee_audio=recording and recording.resolve(), say=self._say)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sig, self._on_signal)
        failure: str | None = None
        try:
            self._supervisor.start()
            key_file = self._welcome(time.monotonic() - began)
            if options["demo"]:
                failure = self._demo(key_file, options["scenario"], recording)
            if not options["once"]:
                if failure:
                    self._say(failure)
                    failure = None
                self._supervisor.watch(until=lambda: bool(self._signals))
        except CannotStart as error:
            failure = str(error)
        except _Interrupted:
            pass
        finally:
            self._supervisor.stop()
        if failure:
            sys.exit(failure)

    def _demo(self, key_file: Path, scenario: str | None, recording: Path | None) -> str | None:
        """Place and show the call while everything is watched; returns what went wrong."""
        demo = Demo(
            base_url=self._supervisor.url,
            api_key=key_file.read_text().strip(),
            simulator_url=self._supervisor.simulator_url,
            say=self._say,
        )
        failures: list[str] = []

        def run() -> None:
            try:
                number = RECORDED_NUMBER if recording else demo.number_of(scenario or DEFAULT_SCENARIO)
                demo.run(number)
            except DemoFailed as error:
                failures.append(str(error))

        caller = threading.Thread(target=run, name="demo", daemon=True)
        caller.start()
        self._supervisor.watch(until=lambda: bool(self._signals) or not caller.is_alive())
        if self._signals:
            raise _Interrupted
        if failures:
            return f"The demo failed: {failures[0]}"
        self._say("The call completed as it should.")
        return None

    def _welcome(self, took_s: float) -> Path:
        """Say where everything is; makes the owner's account and key on the first run."""
        user, is_new = owner.ensure_owner()
        key_file = owner.ensure_api_key(user, settings.DATA_ROOT)
        self._say(f"Ready on {self._supervisor.url} after {took_s:.1f} s.")
        if is_new:
            self._say(f"  Sign in (once, within a day): {owner.sign_in_url(user)}")
        else:
            self._say("  Sign in: python manage.py sign_in_link prints a link")
        connection.close()
        self._say(f"  API key: {key_file}")
        self._say(f"  Log: {settings.DATA_ROOT / 'service.log'}")
        if self._supervisor.simulator_url:
            self._say(f"  Calls are simulated, by {self._supervisor.simulator_url}: no phone rings.")
        else:
            for problem in settings.DIAL_PROBLEMS:
                self._say(f"  Calls cannot be placed: {problem}")
            if problem := llm_problem():
                self._say(f"  Finished calls are not judged: {problem}")
        self._say("  Ctrl-C stops it.")
        return key_file

    def _say(self, line: str) -> None:
        print(line, flush=True)

    def _on_signal(self, *_: Any) -> None:
        self._signals += 1
        if self._signals > 1:
            self._supervisor.kill()
        elif not self._supervisor.ready:
            raise _Interrupted


class _Interrupted(Exception):
    """A signal came while something else was being waited for."""


def _refuse_nonsense(recording: Path | None, *, demo: bool, once: bool, scenario: str | None) -> None:
    if problems := checks.errors():
        raise CommandError("\n".join(problems))
    if (once or scenario) and not demo:
        raise CommandError("--once and --scenario belong to --demo: add it.")
    if recording and scenario:
        raise CommandError("--callee-audio and --scenario both say who answers: choose one.")
    if recording and not recording.is_file():
        raise CommandError(f"--callee-audio: there is no file {recording}.")
    if (demo or recording) and not (shape.simulates_providers() or settings.SIMULATED):
        raise CommandError(
            "A demo is a simulated call, but Twilio or Deepgram is configured: leave TWILIO_ACCOUNT_SID, "
            "TWILIO_AUTH_TOKEN and DEEPGRAM_API_KEY empty for it."
        )
