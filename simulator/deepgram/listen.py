"""The simulated Deepgram pre-recorded API, `POST /v1/listen`, and its faults at `/simulator/listen-faults`.

Source: Deepgram API reference "Pre-recorded audio"; the bodies of refusals follow "API errors".
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.deepgram.agent import authorized
from simulator.deepgram.connection import client_gone
from simulator.deepgram.recorded import NotAudioError, hear, read_wav
from simulator.ear import INAUDIBLE, Heard
from simulator.fault_plan import Plan, PlannedFault, plan_routes
from simulator.world import World

_REFUSALS = {
    400: ("Bad Request", "Bad Request: failed to process audio: corrupt or unsupported data"),
    401: ("INVALID_AUTH", "Invalid credentials."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
    500: ("INTERNAL_SERVER_ERROR", "Internal server error."),
}
_FLAGS = ("multichannel", "utterances", "punctuate", "smart_format")
_MODELS = ("nova", "enhanced", "base", "whisper")
_MODEL_ID = "00000000-0000-4000-8000-000000000003"


class ListenFault(PlannedFault):
    """What goes wrong with a transcription."""

    fault: Literal["400", "429", "500", "hang", "garbage"]
    """`garbage` is a 200 whose body is not JSON."""


class _RefusedError(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def listen_routes(world: World, config: SimulatorConfig) -> list[web.AbstractRouteDef]:
    """The API and the control of its faults."""
    faults: Plan[ListenFault] = Plan()
    listener = _Listener(world, config.deepgram_api_key, faults)
    return [
        web.post("/v1/listen", listener.transcribe),
        *plan_routes("/simulator/listen-faults", ListenFault, faults),
    ]


class _Listener:
    """Transcribes recordings by what was said in the calls of one world, one recording at a time."""

    def __init__(self, world: World, key: str, faults: Plan[ListenFault]) -> None:
        self._world = world
        self._key = key
        self._faults = faults
        # Hearing is work for the processor that live calls need too.
        self._turn = asyncio.Semaphore(1)

    async def transcribe(self, request: web.Request) -> web.Response:
        """POST /v1/listen: the transcript of the WAV file that is the body."""
        # Not request.read(): a recording is longer than aiohttp's limit of a form.
        audio = await request.content.read()
        request_id = str(uuid.uuid4())
        planned = self._faults.take()
        fault = planned.fault if planned is not None else None
        if fault == "hang":
            await client_gone(request)
            return web.Response()
        if fault == "garbage":
            return web.Response(text='{"metadata": {"request_id"', content_type="application/json")
        try:
            if not authorized(request, self._key):
                raise _RefusedError(401)
            if fault is not None:
                raise _RefusedError(int(fault))
            return web.json_response(await self._answer(request, audio, request_id))
        except _RefusedError as refused:
            code, message = _REFUSALS[refused.status]
            body = {"err_code": code, "err_msg": refused.text or message, "request_id": request_id}
            return web.json_response(body, status=refused.status)

    async def _answer(self, request: web.Request, audio: bytes, request_id: str) -> dict[str, Any]:
        options = {name: _flag(request.query, name) for name in _FLAGS}
        model = request.query.get("model", "base")
        if not model.startswith(_MODELS):
            raise _RefusedError(400, "Bad Request: No such model/language/tier combination found.")
        if request.content_type == "application/json" or "callback" in request.query:
            raise _RefusedError(
                400, "Bad Request: the simulator hears audio in the body, and answers at once."
            )
        try:
            recording = read_wav(audio, apart=options["multichannel"])
        except NotAudioError as error:
            raise _RefusedError(400) from error
        async with self._turn:
            heard = await asyncio.to_thread(hear, recording, self._world.memory.utterances())
        metadata = {
            "transaction_key": "deprecated",
            "request_id": request_id,
            "sha256": hashlib.sha256(audio).hexdigest(),
            "created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "duration": round(recording.duration_s, 4),
            "channels": len(recording.channels),
            "models": [_MODEL_ID],
            "model_info": {_MODEL_ID: {"name": model, "version": "simulated", "arch": model}},
        }
        if "tag" in request.query:
            metadata["tags"] = request.query.getall("tag")
        return {"metadata": metadata, "results": _results(heard, options)}


def _flag(query: Mapping[str, str], name: str) -> bool:
    given = query.get(name, "false")
    if given not in ("true", "false"):
        raise _RefusedError(400, f"Bad Request: {name} must be true or false")
    return given == "true"


def _results(heard: Sequence[Sequence[Heard]], options: Mapping[str, bool]) -> dict[str, Any]:
    punctuated = options["punctuate"] or options["smart_format"]
    channels = []
    utterances = []
    for number, items in enumerate(heard):
        words = [_words(item, punctuated) for item in items]
        channels.append({"alternatives": [_alternative([word for item in words for word in item])]})
        for said in words:
            times = {"start": said[0]["start"], "end": said[-1]["end"]}
            utterances.append({**times, **_alternative(said), "channel": number, "id": str(uuid.uuid4())})
    results: dict[str, Any] = {"channels": channels}
    if options["utterances"]:
        results["utterances"] = sorted(utterances, key=lambda item: item["start"])
    return results


def _alternative(words: Sequence[dict[str, Any]]) -> dict[str, Any]:
    confidence = sum(word["confidence"] for word in words) / len(words) if words else 0.0
    transcript = " ".join(word.get("punctuated_word", word["word"]) for word in words)
    return {"transcript": transcript, "confidence": round(confidence, 4), "words": list(words)}


def _words(item: Heard, punctuated: bool) -> list[dict[str, Any]]:
    """The words of `item`, spread evenly over its time, in seconds."""
    texts = item.text.split()
    step_s = (item.end_ms - item.start_ms) / 1000 / len(texts)
    confidence = 0.3 if item.text == INAUDIBLE else round(0.9 + 0.09 * min(item.fraction, 1.0), 4)
    words = []
    for index, text in enumerate(texts):
        start_s = item.start_ms / 1000 + index * step_s
        times = {"start": round(start_s, 3), "end": round(start_s + step_s, 3), "confidence": confidence}
        plain = text if text == INAUDIBLE else text.strip('.,;:!?"').lower()
        words.append({"word": plain or text, **times, **({"punctuated_word": text} if punctuated else {})})
    return words
