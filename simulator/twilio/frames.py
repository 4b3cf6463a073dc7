"""The JSON text frames of a bidirectional stream, key for key ("Media Streams: WebSocket messages").

sequenceNumber, chunk and timestamp are strings on the wire; sampleRate and channels are numbers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass


class Outgoing:
    """Builds the frames Twilio sends; one counter runs over all of them from `start` on."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0

    def connected(self) -> str:
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, custom_parameters: Mapping[str, str]) -> str:
        start = {
            "accountSid": self._account_sid,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(custom_parameters),
        }
        return self._frame("start", start)

    def media(self, chunk: int, timestamp_ms: int, audio: bytes) -> str:
        media = {
            "track": "inbound",
            "chunk": str(chunk),
            "timestamp": str(timestamp_ms),
            "payload": base64.b64encode(audio).decode(),
        }
        return self._frame("media", media)

    def mark(self, name: str) -> str:
        return self._frame("mark", {"name": name})

    def dtmf(self, digit: str) -> str:
        return self._frame("dtmf", {"track": "inbound_track", "digit": digit})

    def stop(self) -> str:
        return self._frame("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _frame(self, event: str, body: Mapping[str, object]) -> str:
        self._sequence += 1
        frame = {
            "event": event,
            "sequenceNumber": str(self._sequence),
            event: body,
            "streamSid": self._stream_sid,
        }
        return json.dumps(frame)


@dataclass(frozen=True, slots=True)
class Media:
    """Audio to play: mu-law, 8 kHz, mono, any length."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """Tell us when everything queued before has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Throw away what is queued."""


class InvalidMessage(ValueError):
    """A frame that Twilio answers with warning 31951; the text says what is wrong with it."""


def parse(text: str, stream_sid: str) -> Media | Mark | Clear:
    """What the server on the other side asks for.

    Raises InvalidMessage for what Twilio's 31951 names: not JSON, an unknown event, a missing or an extra
    field, another stream's sid.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("not JSON") from error
    if not isinstance(message, dict):
        raise InvalidMessage("not a JSON object")
    event = message.get("event")
    if event not in ("media", "mark", "clear"):
        raise InvalidMessage("unknown event")
    _require_keys(message, {"event", "streamSid"} if event == "clear" else {"event", "streamSid", event})
    if message["streamSid"] != stream_sid:
        raise InvalidMessage("streamSid of another stream")
    if event == "clear":
        return Clear()
    body = message[event]
    key = "payload" if event == "media" else "name"
    if not isinstance(body, dict):
        raise InvalidMessage(f"{event} is not an object")
    _require_keys(body, {key})
    if not isinstance(body[key], str):
        raise InvalidMessage(f"{event}.{key} is not a string")
    return Mark(body["name"]) if event == "mark" else Media(_decode(body["payload"]))


def _require_keys(found: Mapping[str, object], wanted: set[str]) -> None:
    if missing := wanted - found.keys():
        raise InvalidMessage(f"missing field {min(missing)}")
    if len(found) > len(wanted):
        raise InvalidMessage("extra field")


def _decode(payload: str) -> bytes:
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidMessage("media.payload is not base64") from error
