"""Everything of an embedded installation, started, watched and stopped together."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError

from callcenter import broker, data_root, database, env, serve, shape
from callcenter.metrics_dir import MetricsDir
from callcenter.owner import local_url
from callcenter.private_files import make_private_folder
from callcenter.processes import KEPT_LINES, Child, DidNotStart

READY_TIMEOUT_S = 60.0
WATCH_EVERY_S = 0.2
CALLS_STOP_WITHIN_S = 2.0
ALL_STOP_WITHIN_S = 2.6
"""When the calls have drained, web server and worker, and then the rest, have this long; what is late is killed."""

MALLOC_ARENAS = "2"
"""glibc (mallopt(3)) otherwise keeps what each of the worker's threads has once used: memory that only grows."""

LEAST_TO_START_BYTES = 1_000_000
"""With less room than this nothing starts, whatever it is that fails first."""


class CannotStart(Exception):
    """Why not, and what to do: one sentence for the console."""


class Supervisor:
    """The broker, the simulator where it is needed, the web server and the worker.

    All of it from the main thread: children die with the thread that started them.
    """

    def __init__(self, *, callee_audio: Path | None, say: Callable[[str], None]) -> None:
        self.url = local_url()
        self.simulator_url = settings.SIMULATOR_URL
        self.ready = False
        self._is_closing = False
        self._callee_audio = callee_audio
        self._say = say
        self._run_dir = settings.DATA_ROOT / "run"
        self._lock: IO[str] | None = None
        self._metrics: MetricsDir | None = None
        self._socket: Path | None = None
        self._children: dict[str, Child] = {}
        self._environment = {
            "MALLOC_ARENA_MAX": MALLOC_ARENAS,
            **env.process_environment(),
            "DATA_ROOT": str(settings.DATA_ROOT),
            "PYTHONUNBUFFERED": "1",
        }

    def start(self) -> None:
        """Start everything and return when all of it is ready.

        Raises:
            CannotStart: after stopping what was already running.
        """
        try:
            self._start()
        except (broker.NoBroker, DidNotStart) as error:
            raise CannotStart(_data_root("is on a full disk") if _is_full(error) else str(error)) from None
        except DatabaseError as error:
            what = str(error).strip().splitlines()[0]
            remedy = "Check DATABASE_URL" if settings.DATABASE_URL else f"Make room in {settings.DATA_ROOT}"
            raise CannotStart(f"The database cannot be used ({what}). {remedy}, and start again.") from None
        except OSError as error:
            what = (
                "is on a full disk" if error.errno == errno.ENOSPC else f"cannot be used ({error.strerror})"
            )
            raise CannotStart(_data_root(what)) from None

    def _start(self) -> None:
        self._take_lock()
        self._probe_port()
        self._metrics = MetricsDir(self._run_dir)
        self._environment["PROMETHEUS_MULTIPROC_DIR"] = str(self._metrics.path)
        database.connect_once()
        self._start_broker()
        credentials = self._start_simulator()
        call_command("migrate", interactive=False, verbosity=0)
        if problem := data_root.problem_at_start():
            raise CannotStart(problem)
        if "valkey" in self._children:
            assert self._socket is not None
            socket_at = self._socket
            self._children["valkey"].wait_ready(READY_TIMEOUT_S, lambda: broker.answers(socket_at))
        if credentials is not None:
            self._await_simulator(credentials)
        self._start_web_and_worker()

    def _take_lock(self) -> None:
        make_private_folder(self._run_dir)
        self._lock = (self._run_dir / "up.lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            raise CannotStart(
                f"Another copy (process {self._lock.read().strip() or 'unknown'}) uses {settings.DATA_ROOT}. "
                "Stop it, or give this one its own DATA_ROOT and PORT."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _probe_port(self) -> None:
        try:
            serve.listen(settings.HOST, settings.PORT).close()
        except OSError as error:
            raise CannotStart(serve.why_not_listening(settings.HOST, settings.PORT, error)) from None

    def _start_broker(self) -> None:
        if settings.REDIS_URL:
            broker.check(settings.REDIS_URL)
            return
        data_dir = self._run_dir / "valkey"
        data_dir.mkdir(exist_ok=True)
        self._socket = broker.socket_path(self._run_dir)
        command = broker.command(broker.server_binary(), self._socket, data_dir)
        self._spawn("valkey", command, told_lines=1)
        self._environment["REDIS_URL"] = f"unix://{self._socket}"

    def _start_simulator(self) -> shape.Credentials | None:
        if self.simulator_url or not shape.simulates_providers():
            return None
        credentials = shape.Credentials()
        command = [sys.executable, "-m", "simulator", *credentials.simulator_arguments()]
        if self._callee_audio is not None:
            command += ["--callee-audio", str(self._callee_audio)]
        port = ["--port", str(settings.SIMULATOR_PORT)]
        self._spawn("simulator", [*command, *port], ready_line="simulator ready on ")
        return credentials

    def _await_simulator(self, credentials: shape.Credentials) -> None:
        simulator = self._children["simulator"]
        self.simulator_url = simulator.wait_ready(READY_TIMEOUT_S).split()[-1]
        simulator.command[-1] = self.simulator_url.rsplit(":", 1)[1]  # a restarted one must be found again
        self._environment |= credentials.environment(self.simulator_url, self.url)

    def _start_web_and_worker(self) -> None:
        schedule = self._run_dir / "celerybeat-schedule"
        celery = [sys.executable, "-m", "celery", "-A", "callcenter", "worker"]
        flags = ["--without-gossip", "--without-mingle", "-B", "--schedule", str(schedule)]
        web = self._spawn("web", [sys.executable, "-m", "callcenter.serve"])
        worker = self._spawn("worker", [*celery, *flags], ready_line="worker ready")
        web.wait_ready(READY_TIMEOUT_S, lambda: serve.is_ready(self.url))
        worker.wait_ready(READY_TIMEOUT_S)
        self.ready = True

    def _spawn(
        self, name: str, command: list[str], *, ready_line: str | None = None, told_lines: int = KEPT_LINES
    ) -> Child:
        child = Child(
            name=name,
            command=command,
            env=self._environment,
            cwd=settings.BASE_DIR,
            ready_line=ready_line,
            on_severe=self._on_severe,
            told_lines=told_lines,
        )
        self._children[name] = child
        child.start()
        return child

    def _on_severe(self, name: str, line: str) -> None:
        """Show what our own processes warn of; while starting, `last_words` does, and Valkey's advice is not ours.

        What a worker that was told to stop says of work it lets go is no trouble; service.log has it.
        """
        if self.ready and not self._is_closing and name != "valkey":
            self._say(f"{name}: {line}")

    def watch(self, until: Callable[[], bool]) -> None:
        """Keep everything alive until `until` says otherwise."""
        while not until():
            for child in self._children.values():
                trouble = child.keep_alive()
                if trouble:
                    self._say(trouble)
            time.sleep(WATCH_EVERY_S)

    def stop(self) -> None:
        """Stop everything within 3 s and DRAIN_SECONDS: calls are hung up first, and the broker goes last."""
        if web := self._children.get("web"):
            web.ask_to_stop()
            web.stopped_within(settings.DRAIN_SECONDS)
        self._is_closing = True
        drained_at = time.monotonic()
        self._stop("web", "worker", by=drained_at + CALLS_STOP_WITHIN_S)
        self._stop("simulator", "valkey", by=drained_at + ALL_STOP_WITHIN_S)
        if self._metrics is not None:
            self._metrics.remove()
        if self._socket is not None and self._socket.parent != self._run_dir:
            shutil.rmtree(self._socket.parent, ignore_errors=True)

    def _stop(self, *names: str, by: float) -> None:
        children = [self._children[name] for name in names if name in self._children]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop(by - time.monotonic())

    def kill(self) -> None:
        """Stop everything at once."""
        for child in self._children.values():
            child.kill()


def _is_full(error: Exception) -> bool:
    """Whether a process ended because the disk of DATA_ROOT is full; its last words say so, or hide it."""
    if "No space left" in str(error):
        return True
    return shutil.disk_usage(settings.DATA_ROOT).free < LEAST_TO_START_BYTES


def _data_root(what: str) -> str:
    return f"DATA_ROOT ({settings.DATA_ROOT}) {what}. Make room there, or set DATA_ROOT to another folder."
