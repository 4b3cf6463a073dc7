"""Every call of one simulator: placed, found, hung up, and stopped with it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping
from functools import partial

import aiohttp

from simulator.callee.callee import Callee
from simulator.callee.directory import Directory
from simulator.callee.visitor import VISITOR, Visitor
from simulator.config import SimulatorConfig
from simulator.twilio.calls import CallRequest, SimCall, Status, Target
from simulator.twilio.errors import TwilioError
from simulator.twilio.faults import FaultDesk
from simulator.twilio.line import Line
from simulator.twilio.webhooks import Webhooks
from simulator.world import World


class Exchange:
    """Places calls at the account's rate and owns the task of each."""

    def __init__(
        self, config: SimulatorConfig, world: World, directory: Directory, session: aiohttp.ClientSession
    ) -> None:
        self.config = config
        self.world = world
        self.session = session
        self.faults = FaultDesk(config.faults)
        self.webhooks = Webhooks(session, config.twilio_auth_token, config.webhook_timeout_s)
        self._directory = directory
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: deque[Line] = deque()
        self._placed = 0
        self._next_slot_ms = 0.0

    @property
    def lines(self) -> Mapping[str, Line]:
        """Calls by sid, oldest first."""
        return self._lines

    @property
    def ledger(self) -> dict[str, object]:
        """The sids of calls that are not over, and how many were ever placed and ended."""
        up = [sid for sid, line in self._lines.items() if not line.call.status.final]
        return {"up": up, "placed": self._placed, "ended": self._placed - len(up)}

    def place(self, request: CallRequest) -> Line:
        """Start a call; those above the account's calls per second wait in the queue ("Calls resource").

        Raises TwilioError when the scenario at that number has the API refuse it.
        """
        scenario = self._directory.scenario_at(request.to)
        if scenario.refusal is not None:
            refusal = scenario.refusal
            raise TwilioError(refusal.code, refusal.message, refusal.status)
        now_ms = self.world.now_ms()
        slot_ms = max(now_ms, self._next_slot_ms)
        self._next_slot_ms = slot_ms + 1000 / self.config.calls_per_second
        call = SimCall(self.config.twilio_account_sid, request, queue_time_ms=round(slot_ms - now_ms))
        self._placed += 1
        seed = f"{self.config.seed}:{self._placed}"
        answerer = Visitor if scenario is VISITOR else Callee
        callee = answerer(scenario, self.world.room(call.sid), seed)
        line = self._lines[call.sid] = Line(call, callee, self, seed)
        line.room.to = request.to
        call.statuses.append((Status.QUEUED, now_ms))
        task = asyncio.create_task(line.run(), name=call.sid)
        self._tasks.add(task)
        task.add_done_callback(partial(self._over, line))
        return line

    def line(self, call_sid: str) -> Line:
        """The call with this sid. Raises TwilioError 20404."""
        try:
            return self._lines[call_sid]
        except KeyError as error:
            raise TwilioError(20404, f"The requested resource {call_sid} was not found", 404) from error

    def end(self, line: Line, status: str) -> None:
        """REST asked for `completed`, or for `canceled`, which leaves a call in progress alone.

        Raises TwilioError 21220 when the call is over.
        """
        self._require_live(line)
        if status == "completed" or line.call.status is not Status.IN_PROGRESS:
            line.hang_up("api")

    def redirect(self, line: Line, target: Target) -> None:
        """REST asked for another document. Raises TwilioError 21220 unless the call is in progress."""
        self._require_live(line)
        if line.call.status is not Status.IN_PROGRESS:
            raise TwilioError(21220, "Call is not in-progress. Cannot redirect.")
        line.redirect(target)

    async def stop(self) -> None:
        """Drop every call at once, as a machine does that is switched off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    def _require_live(line: Line) -> None:
        if line.call.status.final or line.ending:
            raise TwilioError(21220, "Invalid call state: the call has ended")

    def _over(self, line: Line, task: asyncio.Task[None]) -> None:
        """Keep what may be asked for later, and no more: memory stays flat over any number of calls."""
        self._tasks.discard(task)
        self._finished.append(line)
        if len(self._finished) > self.config.finished_audio:
            for stream in self._finished[-1 - self.config.finished_audio].streams:
                stream.forget_audio()
        if len(self._finished) > self.config.finished_calls:
            sid = self._finished.popleft().call.sid
            del self._lines[sid]
            self.world.forget(sid)
