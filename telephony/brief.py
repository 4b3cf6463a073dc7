"""What the agent was told before it spoke: a frozen snapshot, stored on the call."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class CallBrief:
    """One errand, as the agent is told it.

    `walkaway_point` is private: it leaves the server only inside the agent's prompt.
    """

    objective: str
    task_type: str = "custom"
    context: str = ""
    target_outcome: str = ""
    walkaway_point: str = ""
    agent_persona: str = ""
    opening_line: str = ""
    style: str = "collaborative"
    on_behalf_of: str = ""

    def to_json(self) -> dict[str, str]:
        """The brief as it is stored in `Call.brief`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CallBrief:
        """Read a stored brief; keys of later versions are ignored, missing ones take their default."""
        known = {field.name for field in fields(cls)}
        return cls(**{"objective": "", **{key: value for key, value in data.items() if key in known}})
