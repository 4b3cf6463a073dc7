"""Our server on a real port, and Twilio's side of its media sockets."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twilio.request_validator import RequestValidator
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from callcenter import serve
from tests.telephony.webhook_posts import ACCOUNT, BASE, TOKEN
from tests.waiting import until

PATH = "/twilio/media-stream"
SIGNED_URL = BASE.replace("https", "wss") + PATH
FRAME_BYTES = 160
FRAME_MS = 20
FIRST_TIMESTAMP_MS = 102
TIMEOUT_S = 10.0


@contextmanager
def running_server() -> Iterator[int]:
    """The server, set up as it is for live calls, in a thread of its own. Its port."""
    listener = serve.listen("127.0.0.1", 0)
    server = serve.CallServer(serve.config(), drain_s=0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(TIMEOUT_S)
        listener.close()


def signature_of(url: str, token: str = TOKEN) -> dict[str, str]:
    """The header with which Twilio signs a handshake for `url`."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, {})}


def shake_hands(
    port: int, *, path: str = PATH, headers: dict[str, str] | None = None, host: str = "phone.example.com"
) -> ClientConnection:
    """A handshake as Twilio makes it: signed, unless there are other `headers`; `host` is what its Host header says.

    Raises:
        websockets.exceptions.InvalidStatus: it was refused.
    """
    return connect(
        f"ws://{host}{path}",
        sock=socket.create_connection(("127.0.0.1", port)),
        additional_headers=signature_of(SIGNED_URL) if headers is None else headers,
        user_agent_header="Twilio.TmeWs/1.0",
        compression=None,
        open_timeout=TIMEOUT_S,
        close_timeout=1,
    )


class MediaSocket:
    """Twilio's end of one stream: it numbers its messages and keeps the audio that it has sent."""

    def __init__(self, ws: ClientConnection, *, stream_sid: str, call_sid: str) -> None:
        self.ws = ws
        self.audio = b""
        self._stream_sid = stream_sid
        self._call_sid = call_sid
        self._sequence = 0

    def connected(self) -> None:
        """The first message of a socket."""
        self.say({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, **changes: Any) -> None:
        """The stream begins; `changes` are to the body of the message, customParameters among them."""
        body = {
            "accountSid": ACCOUNT,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {},
        }
        self.say(self.message("start", start=body | changes))

    def media(self, audio: bytes) -> None:
        """Audio, in frames of 20 ms."""
        for first in range(0, len(audio), FRAME_BYTES):
            frame = audio[first : first + FRAME_BYTES]
            self.say(self.frame(frame))
            self.audio += frame

    def dtmf(self, digit: str) -> None:
        """A key was pressed."""
        self.say(self.message("dtmf", dtmf={"track": "inbound_track", "digit": digit}))

    def stop(self) -> None:
        """The stream is over. Twilio then closes the socket; this does not."""
        self.say(self.message("stop", stop={"accountSid": ACCOUNT, "callSid": self._call_sid}))

    def say(self, message: object) -> None:
        """One JSON message."""
        self.ws.send(json.dumps(message))

    def frame(self, payload: bytes, **changes: Any) -> dict[str, Any]:
        """The `media` message that would come next, with changes to its body."""
        chunk = len(self.audio) // FRAME_BYTES
        body = {
            "track": "inbound",
            "chunk": str(chunk + 1),
            "timestamp": str(FIRST_TIMESTAMP_MS + FRAME_MS * chunk),
            "payload": b64encode(payload).decode(),
        }
        return self.message("media", media=body | changes)

    def message(self, event: str, **body: Any) -> dict[str, Any]:
        """A message of this stream."""
        self._sequence += 1
        return {"event": event, "sequenceNumber": str(self._sequence), **body, "streamSid": self._stream_sid}

    def close_code(self) -> int | None:
        """Read until the server closes the socket; the code it gives."""
        try:
            while True:
                self.ws.recv(timeout=TIMEOUT_S)
        except ConnectionClosed:
            return self.ws.close_code

    def round_trip_s(self) -> float:
        """How long the server's event loop takes to answer a ping."""
        started_s = time.monotonic()
        assert self.ws.ping().wait(TIMEOUT_S)
        return time.monotonic() - started_s

    def break_off(self) -> None:
        """Lose the connection without a word: the other side gets a TCP reset."""
        self.ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ws.socket.close()
