"""The result of all checks. It holds no secret: no key, no token, no number."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """What a check found. `skipped`: it does not apply here, or another one must be mended first."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"
    SKIPPED = "skipped"


REQUIRED: Final = frozenset(
    {
        *("server", "data_root", "database", "migrations", "shared_data_root"),
        *("public_base_url", "media_base_url"),
        *("twilio_account", "twilio_number", "voice_agent", "deepgram_key"),
    }
)
"""Without these no real call can be held; without the others it is not judged, or not as it should be."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `name` for programs, `message` and `fix` as sentences for people."""

    name: str
    state: State
    message: str
    fix: str = ""

    @property
    def required(self) -> bool:
        """Whether real calls need it."""
        return self.name in REQUIRED

    @property
    def needs_fixing(self) -> bool:
        """Whether somebody has to do something."""
        return self.state in (State.MISSING, State.BROKEN)


@dataclass(frozen=True, slots=True)
class Readiness:
    """All checks, in the order in which they are best mended, and what follows from them.

    `configured` only says that the variables are set; whether they are right is for the checks to tell.
    """

    checks: tuple[Check, ...]
    checked_at: dt.datetime
    simulated: bool
    twilio_configured: bool
    deepgram_configured: bool
    deepgram_voice_agent_enabled: bool
    llm_provider: str

    @property
    def llm_ready(self) -> bool:
        """Whether a language model can judge finished calls."""
        return any(check.name == "llm" and check.state is State.OK for check in self.checks)

    @property
    def can_dial_live(self) -> bool:
        """Whether a real telephone would ring."""
        return not self.simulated and not any(check.required for check in self.problems)

    @property
    def problems(self) -> list[Check]:
        """What needs fixing, what calls need first."""
        found = [check for check in self.checks if check.needs_fixing]
        return sorted(found, key=lambda check: not check.required)

    @property
    def is_well(self) -> bool:
        """Whether real calls can be placed, or simulated ones with nothing to mend."""
        return self.can_dial_live or (self.simulated and not self.problems)

    def as_dict(self) -> dict[str, Any]:
        """The answer of `GET /api/system/voice-readiness`, before it is JSON."""
        return {
            "twilio_configured": self.twilio_configured,
            "deepgram_configured": self.deepgram_configured,
            "llm_ready": self.llm_ready,
            "llm_provider": self.llm_provider,
            "deepgram_voice_agent_enabled": self.deepgram_voice_agent_enabled,
            "can_dial_live": self.can_dial_live,
            "simulated": self.simulated,
            "checked_at": self.checked_at,
            "checks": [{**asdict(check), "required": check.required} for check in self.checks],
            "to_fix": [check.fix for check in self.problems],
        }
