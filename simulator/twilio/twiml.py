"""TwiML documents: parsed, checked, and turned into a list of verbs ("TwiML for Programmable Voice")."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from simulator.twilio.errors import TwilioError

MAX_DOCUMENT_BYTES = 64 * 1024
MAX_PARAMETER_CHARS = 500
_PLAYABLE = frozenset("0123456789ABCD#*wW")
_NOT_SIMULATED = {
    "Dial",
    "Enqueue",
    "Gather",
    "Leave",
    "Pay",
    "Prompt",
    "Record",
    "Refer",
    "Sms",
    "Start",
    "Stop",
}


@dataclass(frozen=True, slots=True)
class Say:
    """Twilio's own voice speaks `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Play:
    """Keypad tones; `w` waits half a second, `W` a whole one."""

    digits: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence for `length_s` seconds."""

    length_s: float


@dataclass(frozen=True, slots=True)
class Hangup:
    """Ends the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Ends the call too: an outbound call has nothing left to reject."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Goes on with the document at `url` (absolute); what follows it is never reached."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Stream:
    """The noun of `<Connect>`: a bidirectional stream to a WebSocket `url`, not yet checked."""

    url: str
    name: str
    track: str
    status_callback: str
    status_callback_method: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Connect:
    """Runs its stream until the WebSocket ends, then asks `action` for what comes next, if there is one."""

    stream: Stream
    action: str
    method: str


Verb = Say | Play | Pause | Hangup | Reject | Redirect | Connect


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs to run in order, and what the debugger would warn of (12200)."""

    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


def parse(text: str, base_url: str = "") -> Document:
    """Read a document; relative URLs in it are taken from `base_url`, the document's own address.

    Raises TwilioError with 11750 (too long), 12100 (not XML), 12101 (root is not Response), and with 12200
    for verbs that Twilio has and this simulator has not.
    """
    if len(text.encode()) > MAX_DOCUMENT_BYTES:
        raise TwilioError(11750, "TwiML response body too large: the limit is 64 kB")
    try:
        # The document comes from the server under test; expat limits entity expansion.
        root = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise TwilioError(12100, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise TwilioError(12101, f"Invalid TwiML root <{root.tag}>: it must be <Response>")
    reader = _Reader(base_url)
    verbs = [verb for element in root if (verb := reader.verb(element)) is not None]
    return Document(tuple(verbs), tuple(reader.warnings))


def check_stream(stream: Stream) -> None:
    """Refuse a stream that Twilio would not open.

    Raises TwilioError 31941 (track), 31923 (malformed URL), 31922 (not wss; ws is accepted on loopback, where
    there is no certificate to have), 31920 (query string), 31940 (parameter too long).
    """
    if stream.track != "inbound_track":
        raise TwilioError(31941, "Stream track must be inbound_track inside <Connect>")
    parts = urlsplit(stream.url)
    if not parts.hostname:
        raise TwilioError(31923, "Stream url is malformed: it needs a scheme and a host")
    if parts.scheme != "wss" and not (parts.scheme == "ws" and _is_loopback(parts.hostname)):
        raise TwilioError(31922, "Stream url must begin with wss://")
    if parts.query:
        raise TwilioError(31920, "Stream url has a query string: use <Parameter> instead")
    for name, value in stream.parameters:
        if len(name) >= MAX_PARAMETER_CHARS or len(value) >= MAX_PARAMETER_CHARS:
            raise TwilioError(31940, "Stream parameter name and value must be shorter than 500 characters")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Reader:
    """Turns elements into verbs and collects warnings on the way."""

    def __init__(self, base_url: str) -> None:
        self.warnings: list[str] = []
        self._base_url = base_url

    def verb(self, element: ElementTree.Element) -> Verb | None:
        match element.tag:
            case "Say":
                self._attributes(element, "voice", "language", "loop")
                return Say(" ".join("".join(element.itertext()).split()))
            case "Play" if "digits" in element.attrib:
                return Play(self._keys(self._attributes(element, "digits", "loop")["digits"]))
            case "Pause":
                return Pause(_seconds(self._attributes(element, "length").get("length", "1")))
            case "Hangup":
                return Hangup()
            case "Reject":
                return Reject()
            case "Redirect":
                method = self._attributes(element, "method").get("method", "POST")
                return Redirect(self._url((element.text or "").strip()), method.upper())
            case "Connect":
                return self._connect(element)
            case "Play":
                raise TwilioError(12200, "the simulator plays digits only, not audio files")
            case tag if tag in _NOT_SIMULATED:
                raise TwilioError(12200, f"the simulator does not know <{tag}>")
            case tag:
                self.warnings.append(f"unknown verb <{tag}> ignored")
                return None

    def _connect(self, element: ElementTree.Element) -> Connect | None:
        attributes = self._attributes(element, "action", "method")
        nouns = [child for child in element if child.tag == "Stream"]
        if len(nouns) != 1 or len(element) != 1:
            self.warnings.append("<Connect> needs exactly one <Stream>; ignored")
            return None
        action = attributes.get("action", "")
        return Connect(
            self._stream(nouns[0]),
            self._url(action) if action else "",
            attributes.get("method", "POST").upper(),
        )

    def _stream(self, element: ElementTree.Element) -> Stream:
        attributes = self._attributes(
            element, "url", "name", "track", "statusCallback", "statusCallbackMethod"
        )
        parameters = []
        for child in element:
            if child.tag == "Parameter" and child.get("name"):
                parameters.append((child.get("name", ""), child.get("value", "")))
            else:
                self.warnings.append(f"<{child.tag}> in <Stream> ignored")
        url = self._url(attributes.get("url", ""))
        if url.startswith("http"):  # a relative url: same host as the document, WebSocket scheme
            url = "ws" + url.removeprefix("http")
        return Stream(
            url=url,
            name=attributes.get("name", ""),
            track=attributes.get("track", "inbound_track"),
            status_callback=attributes.get("statusCallback", ""),
            status_callback_method=attributes.get("statusCallbackMethod", "POST").upper(),
            parameters=tuple(parameters),
        )

    def _keys(self, digits: str) -> str:
        known = "".join(digit for digit in digits if digit in _PLAYABLE)
        if known != digits:
            self.warnings.append("<Play digits> knows 0-9 A-D # * w W; the rest is ignored")
        return known

    def _url(self, url: str) -> str:
        return urljoin(self._base_url, url) if self._base_url and "://" not in url else url

    def _attributes(self, element: ElementTree.Element, *known: str) -> dict[str, str]:
        for name in element.attrib:
            if name not in known:
                self.warnings.append(f"unknown attribute {name} of <{element.tag}>")
        return dict(element.attrib)


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise TwilioError(12200, f"Pause length must be a number of seconds, not {text!r}") from error
