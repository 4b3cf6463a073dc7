"""Faults of the agent on demand: `POST /simulator/agent-faults` says what goes wrong, with whom and how often."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

ErrorCode = Literal[
    "INTERNAL_SERVER_ERROR",
    "CLIENT_MESSAGE_TIMEOUT",
    "UNPARSABLE_CLIENT_MESSAGE",
    "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS",
    "SETTINGS_ALREADY_APPLIED",
    "INVALID_SETTINGS",
    "FAILED_TO_START_LISTENING",
    "ASR_CONNECTION_CLOSED",
    "ASR_DRIVER_TIMEOUT",
    "USER_AUDIO_FORMAT",
    "FAILED_TO_THINK",
    "FAILED_TO_SPEAK",
    "SERVER_GOING_AWAY",
    "NON_EXISTENT_FUNCTION_CALLED",
    "AGENT_ID_NOT_SUPPORTED",
    "INVALID_AGENT_ID",
    "MAXIMUM_SESSION_LENGTH_REACHED",
]
"""Source: Deepgram "Voice Agent errors and warnings"."""

Event = Literal["error", "close", "abort", "stall", "blackhole", "stt_stall"]
Milliseconds = Annotated[int, Field(ge=0)]


class AgentFault(BaseModel):
    """What goes wrong in the sessions it applies to; every `..._after_ms` counts from SettingsApplied."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    handshake: Literal[401, 402, 429, 500, "refuse", "hang"] | None = None
    """An HTTP status, a connection reset without an answer, or no answer at all."""
    error_before_settings: ErrorCode | None = None
    """Sent right after Welcome."""
    error_after_settings: ErrorCode | None = None
    """Sent in place of SettingsApplied."""
    error: ErrorCode | None = None
    error_after_ms: Milliseconds | None = None
    close_after_ms: Milliseconds | None = None
    """Closed with code 1000 and no Error."""
    abort_after_ms: Milliseconds | None = None
    """The connection is reset (TCP RST)."""
    stall_after_ms: Milliseconds | None = None
    """Nothing is sent or heard any more; pings and Close are answered."""
    blackhole_after_ms: Milliseconds | None = None
    """Nothing is answered any more, neither pings nor Close."""
    never_close: bool = False
    """The client's Close is not answered."""
    stt_stall_after_ms: Milliseconds | None = None
    """UserStartedSpeaking still comes, text never again."""
    slow_think_ms: Milliseconds | None = None
    """How much longer each answer takes, with warnings on the way."""
    times: Annotated[int, Field(ge=1)] = 1
    """How many sessions it applies to."""
    call_sid: str | None = None
    to: str | None = None
    """The number that was called."""

    @property
    def at_connect(self) -> bool:
        """Whether it strikes before Settings name the call."""
        return self.handshake is not None or self.error_before_settings is not None

    @property
    def events(self) -> list[tuple[int, Event]]:
        """What happens after SettingsApplied: when, in ms, and what; in order."""
        planned: list[tuple[int | None, Event]] = [
            (self.error_after_ms, "error"),
            (self.close_after_ms, "close"),
            (self.abort_after_ms, "abort"),
            (self.stall_after_ms, "stall"),
            (self.blackhole_after_ms, "blackhole"),
            (self.stt_stall_after_ms, "stt_stall"),
        ]
        return sorted((after_ms, event) for after_ms, event in planned if after_ms is not None)

    @model_validator(mode="after")
    def _is_a_fault(self) -> Self:
        if (self.error is None) != (self.error_after_ms is None):
            raise ValueError("'error' and 'error_after_ms' go together")
        if self.at_connect and (self.call_sid is not None or self.to is not None):
            raise ValueError("before Settings the call is not known: leave out 'call_sid' and 'to'")
        harmless = AgentFault.model_construct(times=self.times, call_sid=self.call_sid, to=self.to)
        if self == harmless:
            raise ValueError("name a fault")
        return self


class FaultPlan:
    """The faults that are still to strike, in the order they were asked for; a session gets one at most."""

    def __init__(self) -> None:
        self._waiting: list[tuple[AgentFault, int]] = []

    def add(self, fault: AgentFault) -> None:
        """Plan `fault` behind those that wait already."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Let nothing strike any more; sessions that have their fault keep it."""
        self._waiting.clear()

    def take_at_connect(self) -> AgentFault | None:
        """The fault of a connection whose call is not known yet."""
        return self._take([fault.at_connect for fault, _ in self._waiting])

    def take_for_call(self, call_sid: str | None, to: str) -> AgentFault | None:
        """The fault of a session of this call, now that its Settings have come."""
        return self._take(
            [
                not fault.at_connect and fault.call_sid in (None, call_sid) and fault.to in (None, to)
                for fault, _ in self._waiting
            ]
        )

    def _take(self, fits: list[bool]) -> AgentFault | None:
        if True not in fits:
            return None
        index = fits.index(True)
        fault, times_left = self._waiting[index]
        self._waiting[index : index + 1] = [(fault, times_left - 1)] if times_left > 1 else []
        return fault

    def described(self) -> list[dict[str, Any]]:
        """Every waiting fault as JSON; `times` is how many sessions it still strikes."""
        return [
            fault.model_dump(exclude_defaults=True) | {"times": times_left}
            for fault, times_left in self._waiting
        ]


def fault_routes(plan: FaultPlan) -> list[web.AbstractRouteDef]:
    """The control endpoint: POST adds a fault, or clears them all with `{}`; both verbs answer with what waits."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response({"faults": plan.described()})

    async def change(request: web.Request) -> web.Response:
        body = await request.text()
        if body.strip() == "{}":
            plan.clear()
            return await show(request)
        try:
            plan.add(AgentFault.model_validate_json(body))
        except ValidationError as error:
            problems = (
                f"{'.'.join(str(part) for part in problem['loc']) or 'fault'}: {problem['msg']}"
                for problem in error.errors()
            )
            return web.json_response({"error": "; ".join(problems)}, status=400)
        return await show(request)

    path = "/simulator/agent-faults"
    return [web.get(path, show, allow_head=False), web.post(path, change)]
