"""Function calls: requests to the client, each waiting for its answer, and those the server runs itself over HTTP.

Source: Deepgram "Function calling" and "Function call cancelled".
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulator.deepgram.conversation import Call, Called, Endpoint, Functions
from simulator.deepgram.wire import Wire
from simulator.room import Room


@dataclass(slots=True)
class PendingCall:
    """A call that was asked for; `answer` is done when it is answered or given up."""

    id: str
    call: Call
    endpoint: Endpoint | None
    answer: asyncio.Future[None] = field(repr=False)

    @property
    def request(self) -> dict[str, object]:
        """Its item in a FunctionCallRequest."""
        return {
            "id": self.id,
            "name": self.call.name,
            "arguments": json.dumps(self.call.arguments),
            "client_side": self.endpoint is None,
        }


class FunctionCalls:
    """Sends requests and matches answers; an answer to a cancelled or unknown call is dropped.

    `remember` gets every answered call.
    """

    def __init__(
        self, wire: Wire, room: Room, *, timeout_s: float, history: bool, remember: Callable[[Called], None]
    ) -> None:
        self._wire = wire
        self._room = room
        self._timeout_s = timeout_s
        self._history = history
        self._remember = remember
        self._pending: dict[str, PendingCall] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def request(self, calls: Sequence[Call], functions: Functions) -> list[PendingCall]:
        """Ask for all `calls` in one message; those with an endpoint begin to run here."""
        loop = asyncio.get_running_loop()
        asked = [
            PendingCall(
                f"call_{uuid.uuid4().hex[:24]}", call, functions[call.name].endpoint, loop.create_future()
            )
            for call in calls
        ]
        for pending in asked:
            self._pending[pending.id] = pending
            self._room.note(
                "function_call",
                id=pending.id,
                name=pending.call.name,
                arguments=pending.call.arguments,
                client_side=pending.endpoint is None,
            )
        await self._wire.send("FunctionCallRequest", functions=[pending.request for pending in asked])
        for pending in asked:
            if pending.endpoint is not None:
                task = asyncio.create_task(self._run(pending, pending.endpoint))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        return asked

    async def cancel(self, asked: Sequence[PendingCall]) -> None:
        """Take back requests that rested on an unconfirmed turn; a server's function that runs is not stopped."""
        taken_back = [pending for pending in asked if pending.endpoint is None and self._forget(pending)]
        for pending in taken_back:
            self._room.note("function_call_cancelled", id=pending.id, name=pending.call.name)
        if taken_back:
            names = [{"id": pending.id, "name": pending.call.name} for pending in taken_back]
            await self._wire.send("FunctionCallCancelled", functions=names)

    async def wait(self, asked: Sequence[PendingCall]) -> None:
        """Wait until all of `asked` are answered; a call without an answer in time counts as failed."""
        _, late = await asyncio.wait({pending.answer for pending in asked}, timeout=self._timeout_s)
        for pending in asked:
            if pending.answer in late and self._forget(pending):
                self._remember(Called(pending.call.name, pending.call.arguments, "error: no answer"))
                await self._fail("No function call response.")

    async def answered(self, message: Mapping[str, Any]) -> None:
        """Take the client's FunctionCallResponse, which is echoed; one that nobody waits for is dropped."""
        pending = self._pending.get(message["id"])
        if pending is not None and pending.endpoint is None:
            await self._finish(pending, message["content"])

    async def end(self) -> None:
        """Stop whatever runs here."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, pending: PendingCall, endpoint: Endpoint) -> None:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.request(
                    endpoint.method, endpoint.url, json=pending.call.arguments, headers=endpoint.headers
                ) as answer,
            ):
                answer.raise_for_status()
                content = await answer.text()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            content = f"error: {type(error).__name__}"
            await self._fail("The function's endpoint did not answer.")
        if pending.id in self._pending:
            await self._finish(pending, content)

    def _forget(self, pending: PendingCall) -> bool:
        """Wait for this answer no longer; whether it was still missing."""
        return self._pending.pop(pending.id, None) is not None

    async def _fail(self, description: str) -> None:
        await self._wire.send("Warning", code="FUNCTION_CALL_FAILED", description=description)

    async def _finish(self, pending: PendingCall, content: str) -> None:
        del self._pending[pending.id]
        name = pending.call.name
        self._room.note("function_response", id=pending.id, name=name)
        self._remember(Called(name, pending.call.arguments, content))
        await self._wire.send("FunctionCallResponse", id=pending.id, name=name, content=content)
        if self._history:
            await self._wire.send("History", function_calls=[{**pending.request, "response": content}])
        pending.answer.set_result(None)
