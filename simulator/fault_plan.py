"""Faults on demand: a control endpoint plans them, and each request that one fits takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class PlannedFault(BaseModel):
    """What goes wrong, and how many requests it strikes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    times: Annotated[int, Field(ge=1)] = 1


FaultT = TypeVar("FaultT", bound=PlannedFault)


class Plan(Generic[FaultT]):
    """The faults that are still to strike, in the order they were asked for; a request gets one at most."""

    def __init__(self) -> None:
        self._waiting: list[tuple[FaultT, int]] = []

    def add(self, fault: FaultT) -> None:
        """Plan `fault` behind those that wait already."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Let nothing strike any more."""
        self._waiting.clear()

    def take(self, fits: Callable[[FaultT], bool] = lambda _: True) -> FaultT | None:
        """The first fault that `fits` this request; it strikes once less from now on."""
        for index, (fault, times_left) in enumerate(self._waiting):
            if fits(fault):
                self._waiting[index : index + 1] = [(fault, times_left - 1)] if times_left > 1 else []
                return fault
        return None

    def described(self) -> list[dict[str, Any]]:
        """Every waiting fault as JSON; `times` is how many requests it still strikes."""
        return [
            fault.model_dump(exclude_defaults=True) | {"times": times_left}
            for fault, times_left in self._waiting
        ]


def plan_routes(path: str, kind: type[FaultT], plan: Plan[FaultT]) -> list[web.AbstractRouteDef]:
    """The control endpoint: POST adds a fault, or clears them all with `{}`; both verbs answer with what waits."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response({"faults": plan.described()})

    async def change(request: web.Request) -> web.Response:
        body = await request.text()
        if body.strip() == "{}":
            plan.clear()
            return await show(request)
        try:
            plan.add(kind.model_validate_json(body))
        except ValidationError as error:
            problems = (
                f"{'.'.join(str(part) for part in problem['loc']) or 'fault'}: {problem['msg']}"
                for problem in error.errors()
            )
            return web.json_response({"error": "; ".join(problems)}, status=400)
        return await show(request)

    return [web.get(path, show, allow_head=False), web.post(path, change)]
