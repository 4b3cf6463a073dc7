"""Function calls from the agent to the client, each waiting for its answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.room import Room

from .brain import Called
from .wire import Wire


@dataclass(slots=True)
class PendingCall:
    """A request that was sent; `answer` is set when the client answered it."""

    id: str
    name: str
    arguments: dict[str, str]
    answer: asyncio.Future[Called] = field(repr=False)


class FunctionCalls:
    """Sends requests and matches answers; an answer to a cancelled or unknown call is dropped."""

    def __init__(self, wire: Wire, room: Room) -> None:
        self._wire = wire
        self._room = room
        self._pending: dict[str, PendingCall] = {}

    async def request(self, name: str, arguments: dict[str, str]) -> PendingCall:
        """Ask the client to run a function."""
        answer = asyncio.get_running_loop().create_future()
        call = PendingCall(f"call_{uuid.uuid4().hex[:24]}", name, arguments, answer)
        self._pending[call.id] = call
        self._room.note("function_call", id=call.id, name=name, arguments=arguments)
        function = {"id": call.id, "name": name, "arguments": json.dumps(arguments), "client_side": True}
        await self._wire.send("FunctionCallRequest", functions=[function])
        return call

    async def cancel(self, call: PendingCall) -> None:
        """Take back a request that rested on an unconfirmed turn."""
        if self._pending.pop(call.id, None) is not None:
            self._room.note("function_call_cancelled", id=call.id, name=call.name)
            await self._wire.send("FunctionCallCancelled", functions=[{"id": call.id, "name": call.name}])

    def give_up(self, call: PendingCall) -> None:
        """Wait for this answer no longer."""
        self._pending.pop(call.id, None)

    async def answered(self, message: Mapping[str, Any], *, history: bool) -> Called | None:
        """The client's FunctionCallResponse: echoed, and handed to whoever waits for it."""
        call = self._pending.pop(message["id"], None)
        if call is None:
            return None
        self._room.note("function_response", id=call.id, name=call.name)
        called = Called(call.name, call.arguments, message["content"])
        await self._wire.send("FunctionCallResponse", id=call.id, name=call.name, content=called.response)
        if history:
            record = {
                "id": call.id,
                "name": call.name,
                "client_side": True,
                "arguments": json.dumps(call.arguments),
                "response": called.response,
            }
            await self._wire.send("History", function_calls=[record])
        call.answer.set_result(called)
        return called
