"""One supervised process: started, watched, restarted with back-off, stopped."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
STABLE_AFTER_S = 30.0
MAX_BACKOFF_S = 30.0
KEPT_LINES = 15
KILLED_WITHIN_S = 1.0

_SEVERE = re.compile(r" (WARNING|ERROR|CRITICAL) ")


class DidNotStart(Exception):
    """A process ended, or said nothing, before it was ready. The message is for the console."""


@dataclass
class Child:
    """A process of ours. Start it from the main thread only: on Linux it dies with the thread that started it."""

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path
    ready_line: str | None = None
    """The beginning of the line it prints when it is ready; None when readiness is asked elsewhere."""
    stop_signal: signal.Signals = signal.SIGTERM
    on_severe: Callable[[str, str], None] = lambda name, line: None
    """Called from another thread with name and line, for every warning and error it logs."""

    told_lines: int = KEPT_LINES
    """How many of its last lines are told when it ends unexpectedly."""

    restarts: int = 0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    _process: subprocess.Popen[str] | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _ready_text: str = ""
    _started_at: float = 0.0
    _restart_at: float | None = None
    _asked_to_stop: bool = False

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C reaches only us."""
        self.kill()  # what a crashed predecessor left
        self._ready.clear()
        self._restart_at = None
        self._started_at = time.monotonic()
        wrapper = [sys.executable, "-S", "-E", str(CHILD), str(os.getpid()), str(int(self.stop_signal))]
        self._process = subprocess.Popen(
            [*wrapper, *self.command],
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(
            target=self._read, args=(self._process,), name=f"{self.name}-output", daemon=True
        ).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip()
            self.lines.append(text)
            if self.ready_line is not None and text.startswith(self.ready_line):
                self._ready_text = text
                self._ready.set()
            elif _SEVERE.search(text):
                self.on_severe(self.name, text)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def wait_ready(self, timeout_s: float, is_ready: Callable[[], bool] | None = None) -> str:
        """Wait for its ready line, or until `is_ready` says so; returns the line.

        Raises:
            DidNotStart: with its last words.
        """
        deadline = time.monotonic() + timeout_s
        while not (is_ready() if is_ready else self._ready.is_set()):
            if not self.running:
                self._ready.wait(0.2)  # its last lines may still be on their way
                raise DidNotStart(f"{self.name} ended while starting:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"{self.name} was not ready after {timeout_s:.0f} s:\n{self.last_words()}")
            self._ready.wait(0.05)
        return self._ready_text

    def last_words(self, count: int = KEPT_LINES) -> str:
        """The last lines it printed, indented."""
        lines = list(self.lines)[-count:]
        return "\n".join(f"    {line}" for line in lines) or "    (it printed nothing)"

    def keep_alive(self) -> str | None:
        """Restart it when it has ended, later each time; returns a sentence when it was found ended."""
        if self.running:
            return None
        now = time.monotonic()
        if self._restart_at is None:
            if now - self._started_at > STABLE_AFTER_S:
                self.restarts = 0
            delay_s = min(MAX_BACKOFF_S, 0.5 * 2**self.restarts)
            self._restart_at = now + delay_s
            self.restarts += 1
            words = self.last_words(self.told_lines)
            return f"{self.name} ended unexpectedly; starting it again in {delay_s:g} s.\n{words}"
        if now >= self._restart_at:
            self.start()
        return None

    def ask_to_stop(self) -> None:
        """Send its stop signal to it and to what it started: once, because a second one means "at once"."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._signal_group(self.stop_signal)

    def stopped_within(self, timeout_s: float) -> bool:
        """Wait for its end, but not longer than `timeout_s`."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, within_s: float) -> None:
        """Ask it to stop, and kill it when that takes longer than `within_s`."""
        self.ask_to_stop()
        if not self.stopped_within(max(0.0, within_s)):
            self.kill()
            self.stopped_within(KILLED_WITHIN_S)

    def kill(self) -> None:
        """End it, and what it started, at once; also what it left behind when it has ended already."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, sig: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sig)
