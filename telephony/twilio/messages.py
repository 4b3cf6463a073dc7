"""What Twilio says on a Media Stream, and what we may answer ("Media Streams: WebSocket messages").

Every frame is one JSON text message. Sequence numbers, chunks and timestamps are JSON *strings* of digits.
Twilio answers a message with a missing or an extra key with warning 31951 and ignores it, so the builders
emit the documented keys and nothing else.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

MAX_PAYLOAD_BYTES: Final = 8 * 1024
"""One second of mu-law at 8 kHz is 8,000 bytes; Twilio sends 20 ms (160 bytes) at a time."""

_MAX_DIGITS: Final = 15
_MAX_NAME_CHARS: Final = 64
_KEYS: Final = frozenset("0123456789*#ABCD")
_encode = json.JSONEncoder(separators=(",", ":")).encode


class BadFrame(ValueError):
    """A message that is not what Twilio documents. The text names the key and never quotes its value."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of a socket; carries no stream yet."""

    protocol: str
    version: str


@dataclass(frozen=True, slots=True)
class Start:
    """The stream's identity. `parameters` are the TwiML's `<Parameter>`s; audio is mono mu-law at 8 kHz."""

    sequence: int
    stream_sid: str
    account_sid: str
    call_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """Callee's audio: raw mu-law bytes. `timestamp_ms` counts from the stream's start, but not from 0."""

    sequence: int
    stream_sid: str
    chunk: int
    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key the callee pressed."""

    sequence: int
    stream_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Our mark comes back: what was queued before it has been played, or was flushed by `clear`."""

    sequence: int
    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream ends: the call is over, or was redirected to other TwiML."""

    sequence: int
    stream_sid: str
    account_sid: str
    call_sid: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event this version does not know: to be counted and otherwise ignored."""

    event: str


StreamMessage = Connected | Start | Media | Dtmf | Mark | Stop | Unknown


def parse(text: str) -> StreamMessage:
    """Read one text frame from Twilio. Raises BadFrame, and nothing else, for what is not documented."""
    try:
        message = json.loads(text)
    except RecursionError:
        raise BadFrame("the message is nested too deeply") from None
    except ValueError:
        raise BadFrame("the message is not JSON") from None
    if type(message) is not dict:
        raise BadFrame("the message is not a JSON object")
    event = message.get("event")
    if event == "media":
        return _media(message)
    if type(event) is not str:
        raise BadFrame("event: a string is missing")
    reader = _READERS.get(event)
    if reader is None:
        return Unknown(_text(message, "event")[:_MAX_NAME_CHARS])
    return reader(message)


def media(stream_sid: str, audio: bytes) -> str:
    """Queue audio (raw mu-law, 8 kHz, any length) behind what is already queued at Twilio."""
    payload = b64encode(audio).decode("ascii")
    return _encode({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})


def mark(stream_sid: str, name: str) -> str:
    """Ask to be told, by a `Mark` of this name, when everything queued so far has been played."""
    return _encode({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """Drop all queued audio. Twilio sends back every outstanding mark at once; there is no other answer."""
    return _encode({"event": "clear", "streamSid": stream_sid})


def _connected(message: dict[str, Any]) -> Connected:
    return Connected(protocol=_text(message, "protocol"), version=_text(message, "version"))


def _start(message: dict[str, Any]) -> Start:
    body = _object(message, "start")
    stream_sid = _text(message, "streamSid")
    if _text(body, "streamSid", "start.") != stream_sid:
        raise BadFrame("start.streamSid: differs from streamSid")
    audio = _object(body, "mediaFormat", "start.")
    rate_hz, channels = audio.get("sampleRate"), audio.get("channels")
    if audio.get("encoding") != "audio/x-mulaw" or rate_hz != 8000 or channels != 1 or channels is True:
        raise BadFrame("start.mediaFormat: only mono audio/x-mulaw at 8000 Hz is understood")
    parameters = _object(body, "customParameters", "start.")
    return Start(
        sequence=_number(message, "sequenceNumber"),
        stream_sid=stream_sid,
        account_sid=_text(body, "accountSid", "start."),
        call_sid=_text(body, "callSid", "start."),
        parameters={
            _clean(name, "start.customParameters"): _text(parameters, name, "start.customParameters.")
            for name in parameters
        },
    )


def _media(message: dict[str, Any]) -> Media:
    body = _object(message, "media")
    if body.get("track") != "inbound":
        raise BadFrame("media.track: a bidirectional stream carries only the inbound track")
    encoded = _text(body, "payload", "media.")
    if len(encoded) > MAX_PAYLOAD_BYTES * 4 // 3 + 4:
        raise BadFrame("media.payload: too long")
    try:
        payload = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadFrame("media.payload: not base64") from None
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise BadFrame("media.payload: too long")
    return Media(
        sequence=_number(message, "sequenceNumber"),
        stream_sid=_text(message, "streamSid"),
        chunk=_number(body, "chunk", "media."),
        timestamp_ms=_number(body, "timestamp", "media."),
        payload=payload,
    )


def _dtmf(message: dict[str, Any]) -> Dtmf:
    digit = _text(_object(message, "dtmf"), "digit", "dtmf.")
    if digit not in _KEYS:
        raise BadFrame("dtmf.digit: not a key of a telephone")
    return Dtmf(_number(message, "sequenceNumber"), _text(message, "streamSid"), digit)


def _mark(message: dict[str, Any]) -> Mark:
    name = _text(_object(message, "mark"), "name", "mark.")
    return Mark(_number(message, "sequenceNumber"), _text(message, "streamSid"), name)


def _stop(message: dict[str, Any]) -> Stop:
    body = _object(message, "stop")
    return Stop(
        sequence=_number(message, "sequenceNumber"),
        stream_sid=_text(message, "streamSid"),
        account_sid=_text(body, "accountSid", "stop."),
        call_sid=_text(body, "callSid", "stop."),
    )


_READERS: Final[dict[str, Callable[[dict[str, Any]], StreamMessage]]] = {
    "connected": _connected,
    "start": _start,
    "dtmf": _dtmf,
    "mark": _mark,
    "stop": _stop,
}


def _object(source: dict[str, Any], key: str, path: str = "") -> dict[str, Any]:
    value = source.get(key)
    if type(value) is not dict:
        raise BadFrame(f"{path}{key}: an object is missing")
    return value


def _text(source: dict[str, Any], key: str, path: str = "") -> str:
    value = source.get(key)
    if type(value) is not str:
        raise BadFrame(f"{_label(path + key)}: a string is missing")
    return _clean(value, path + key)


def _number(source: dict[str, Any], key: str, path: str = "") -> int:
    value = source.get(key)
    if type(value) is str and len(value) <= _MAX_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    raise BadFrame(f"{path}{key}: a string of digits is missing")


def _clean(value: str, label: str) -> str:
    """Refuse what no database column or log line takes: NUL, and halves of surrogate pairs."""
    if "\x00" in value:
        raise BadFrame(f"{_label(label)}: contains NUL")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise BadFrame(f"{_label(label)}: is not Unicode text")
    return value


def _label(path: str) -> str:
    """A key's name as it may stand in a log line: parameter names are the peer's text."""
    return path[:_MAX_NAME_CHARS].encode("ascii", "replace").decode("ascii")
