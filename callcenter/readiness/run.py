"""All checks at once, each in a thread of its own, and nobody waits longer than DEADLINE_S."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from callcenter.readiness import llm, machine, providers
from callcenter.readiness.report import Check, Readiness, State

logger = logging.getLogger(__name__)

DEADLINE_S = 3.0
KEPT_S = 10.0
"""How long an answer serves everybody who asks: nobody shall make us ask the providers all the time."""


@dataclass(slots=True)
class _Probe:
    """Checks that follow from one another. The names are of those that are missed when it is late."""

    names: tuple[str, ...]
    run: Callable[[], Iterator[Check]]
    found: list[Check] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """In a daemon thread: one that hangs in a resolver must not keep a process alive."""
        threading.Thread(target=self._work, name=f"check-{self.names[0]}", daemon=True).start()

    def _work(self) -> None:
        try:
            for check in self.run():
                self.found.append(check)
        except Exception:
            logger.exception("the check of %s failed", self.names[0])
        finally:
            self.ended.set()

    def checks(self, deadline_s: float) -> list[Check]:
        """What it has found by a moment of the monotonic clock, and what is not known then."""
        in_time = self.ended.wait(max(0.0, deadline_s - time.monotonic()))
        found = list(self.found)
        known = {check.name for check in found}
        message = "The check itself failed." if in_time else f"No answer within {DEADLINE_S:g} s."
        fix = (
            "See service.log." if in_time else "Try again; if it stays so, check its address and the network."
        )
        late = [Check(name, State.BROKEN, message, fix) for name in self.names if name not in known]
        return [*found, *late]


def readiness() -> Readiness:
    """Look at everything now. Takes DEADLINE_S at most."""
    probes = [
        _Probe(("settings",), machine.configured),
        _Probe(("data_root",), machine.folder),
        _Probe(("database", "migrations"), machine.database),
        _Probe(("broker", "worker"), machine.pipeline),
        _Probe(("public_base_url",), providers.public_addresses),
        _Probe(("twilio_account", "twilio_number"), providers.twilio),
        _Probe(("voice_agent",), providers.voice_agent),
        _Probe(("deepgram_key", "transcription"), providers.deepgram),
        _Probe(("llm",), llm.llm),
    ]
    if settings.SIMULATED:
        probes.append(_Probe(("simulated_voice",), machine.simulated_voice))
    deadline_s = time.monotonic() + DEADLINE_S
    for probe in probes:
        probe.start()
    return Readiness(
        checks=tuple(check for probe in probes for check in probe.checks(deadline_s)),
        checked_at=timezone.now(),
        simulated=settings.SIMULATED,
        twilio_configured=providers.twilio_is_configured(),
        deepgram_configured=bool(settings.DEEPGRAM_API_KEY),
        deepgram_voice_agent_enabled=settings.DEEPGRAM_VOICE_AGENT_ENABLED,
        llm_provider=settings.LLM_PROVIDER,
    )


_asking = threading.Lock()
_kept: tuple[float, Readiness] | None = None


def recent_readiness() -> Readiness:
    """`readiness`, at most KEPT_S old; of those who ask at once, one looks and the others wait."""
    global _kept
    with _asking:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_S:
            _kept = (time.monotonic(), readiness())
        return _kept[1]
