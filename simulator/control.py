"""/simulator/: the truth about every call, for tests and the demo. All ms are on the world's clock."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from simulator.callee.directory import Directory
from simulator.twilio import faults
from simulator.twilio.exchange import Exchange
from simulator.twilio.line import Line
from simulator.twilio.stream import MediaStream

AGENT_SESSION_NOTES = ("agent_connected", "settings_applied", "agent_closed")


def routes(directory: Directory, exchange: Exchange) -> list[web.AbstractRouteDef]:
    """The control API's routes."""
    api = Control(directory, exchange)
    call = "/simulator/calls/{call_sid}"
    return [
        web.get("/simulator/scenarios", api.scenarios),
        web.get("/simulator/calls", api.calls),
        web.get("/simulator/ledger", api.ledger),
        web.get("/simulator/faults", api.faults),
        web.post("/simulator/faults", api.set_faults),
        web.get(call, api.call),
        web.get(f"{call}/heard.ulaw", api.heard),
        web.get(f"{call}/said.ulaw", api.said),
        web.post(f"{call}/cross", api.cross),
    ]


class Control:
    """Handlers of the control API."""

    def __init__(self, directory: Directory, exchange: Exchange) -> None:
        self._directory = directory
        self._exchange = exchange

    async def scenarios(self, request: web.Request) -> web.Response:
        """Who can be called."""
        keys = {"name", "number", "description"}
        return web.json_response(
            [scenario.model_dump(include=keys) for scenario in self._directory.scenarios.values()]
        )

    async def calls(self, request: web.Request) -> web.Response:
        """The calls that are remembered, oldest first; with `limit`, the latest so many."""
        lines = list(self._exchange.lines.values())
        limit = request.query.get("limit", str(len(lines)))
        if not limit.isdecimal():
            raise web.HTTPBadRequest(text=f"limit must be a number of calls, not {limit!r}")
        return web.json_response([_describe(line) for line in lines[max(0, len(lines) - int(limit)) :]])

    async def ledger(self, request: web.Request) -> web.Response:
        """Which calls are up, and how many were placed and ended since the start."""
        return web.json_response(self._exchange.ledger)

    async def faults(self, request: web.Request) -> web.Response:
        """The faults in force."""
        return web.json_response(self._exchange.faults.now.model_dump(mode="json", exclude_defaults=True))

    async def set_faults(self, request: web.Request) -> web.Response:
        """Put faults in force for calls placed from now on; `{}` ends them. Answers as GET does."""
        try:
            self._exchange.faults.set(faults.parse(await request.text()))
        except faults.FaultError as error:
            return web.json_response({"error": str(error)}, status=400)
        return await self.faults(request)

    async def call(self, request: web.Request) -> web.Response:
        """One call."""
        return web.json_response(_describe(self._line(request.match_info["call_sid"])))

    async def heard(self, request: web.Request) -> web.Response:
        """What the line played: mu-law from timestamp 0 of the stream on, 0xFF where nothing played."""
        stream = self._stream(request)
        return _audio(bytes(stream.heard), stream, 0)

    async def said(self, request: web.Request) -> web.Response:
        """What was sent as inbound media: mu-law from the first frame's timestamp on."""
        stream = self._stream(request)
        return _audio(bytes(stream.said), stream, stream.first_timestamp_ms)

    async def cross(self, request: web.Request) -> web.Response:
        """Swap the audio of two live calls, both ways, as a switch with a fault would."""
        try:
            other = (await request.json())["with"]
        except (ValueError, TypeError, KeyError) as error:
            raise web.HTTPBadRequest(text='the body must be {"with": "<CallSid>"}') from error
        streams = [self._line(sid).live_stream for sid in (request.match_info["call_sid"], other)]
        one, two = streams
        if one is None or two is None:
            raise web.HTTPConflict(text="both calls must have a running stream")
        one.party, two.party = two.party, one.party
        return web.json_response({"crossed": [one.sid, two.sid]})

    def _line(self, call_sid: str) -> Line:
        line = self._exchange.lines.get(call_sid)
        if line is None:
            raise web.HTTPNotFound(text=f"no call {call_sid}")
        return line

    def _stream(self, request: web.Request) -> MediaStream:
        streams = self._line(request.match_info["call_sid"]).streams
        number = request.query.get("stream", "0")
        if not number.isdecimal() or int(number) >= len(streams):
            raise web.HTTPNotFound(text=f"no stream {number}: the call has had {len(streams)}")
        stream = streams[int(number)]
        if not stream.has_audio:
            raise web.HTTPGone(text="the audio of this call is no longer kept: too many have ended since")
        return stream


def _audio(audio: bytes, stream: MediaStream, first_timestamp_ms: int) -> web.Response:
    headers = {
        "X-Stream-Sid": stream.sid,
        "X-First-Timestamp-Ms": str(first_timestamp_ms),
        "X-Stream-Epoch-Ms": f"{stream.epoch_ms:.3f}",
    }
    return web.Response(body=audio, content_type="audio/basic", headers=headers)


def _describe(line: Line) -> dict[str, object]:
    call = line.call
    timeline = line.room.timeline
    return {
        "sid": call.sid,
        "to": call.request.to,
        "from": call.request.from_,
        "status": str(call.status),
        "statuses": [{"status": str(status), "at_ms": at_ms} for status, at_ms in call.statuses],
        "scenario": line.callee.scenario.name,
        "ended_by": call.ended_by or None,
        "duration_s": call.duration_s,
        "stream_sids": [stream.sid for stream in line.streams],
        "streams": [_describe_stream(stream) for stream in line.streams],
        "said": [asdict(said) for said in line.callee.said],
        "heard": [asdict(heard) for heard in line.callee.heard()],
        "timeline": timeline,
        "agent_sessions": [note for note in timeline if note["kind"] in AGENT_SESSION_NOTES],
    }


def _describe_stream(stream: MediaStream) -> dict[str, object]:
    return {
        "sid": stream.sid,
        "epoch_ms": stream.epoch_ms,
        "first_timestamp_ms": stream.first_timestamp_ms,
        "ended": stream.ended,
        "agent_runs": [
            {
                "start_ms": run.start_ms,
                "end_ms": run.end_ms,
                "n_bytes": run.n_bytes,
                "cut": run.cut,
                "late_ms": run.late_ms,
            }
            for run in stream.playback.runs
        ],
    }
