"""The few TwiML documents we answer Twilio with. Built by the SDK, so that no text can become markup."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from twilio.twiml.voice_response import VoiceResponse

MAX_PARAMETER_CHARS: Final = 499
"""Of a `<Parameter>`'s name and value together ("TwiML Voice: Stream": fewer than 500)."""

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def connect_stream(*, url: str, status_callback: str, parameters: dict[str, str], keys: str = "") -> str:
    """Connect the call's audio to our socket in both directions, and hang up when the stream has ended.

    `keys` are pressed first: the only way to press keys, since a stream cannot carry them ("Media Streams overview").

    Raises:
        ValueError: `url` is not ws or wss, or has a query (Twilio drops it); a parameter is too long; a text
            cannot stand in XML.
    """
    address = urlsplit(url)
    if address.scheme not in {"ws", "wss"} or not address.netloc:
        raise ValueError("the stream's url must be an absolute wss:// address")
    if "?" in url or "#" in url:
        raise ValueError("the stream's url must not have a query or a fragment: pass parameters instead")
    response = VoiceResponse()
    if keys:
        response.play(digits=_xml(keys))
    stream = response.connect().stream(url=_xml(url), status_callback=_xml(status_callback))
    for name, value in parameters.items():
        if not name or len(name) + len(value) > MAX_PARAMETER_CHARS:
            raise ValueError(f"a stream parameter needs a name and at most {MAX_PARAMETER_CHARS} characters")
        stream.parameter(name=_xml(name), value=_xml(value))
    response.hangup()
    return str(response)


def say_and_hang_up(text: str) -> str:
    """Let Twilio's own voice say one thing, then end the call. ValueError when `text` cannot stand in XML."""
    response = VoiceResponse()
    response.say(_xml(text))
    response.hangup()
    return str(response)


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def _xml(text: str) -> str:
    """The text itself, if XML 1.0 can hold it; the SDK would write a document that nobody can read."""
    if _NOT_XML.search(text):
        raise ValueError("the text has a character that XML cannot hold")
    return text
