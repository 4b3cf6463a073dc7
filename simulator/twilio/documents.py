"""Runs a call's TwiML documents, verb after verb, until there is nothing left to do."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.twilio import twiml
from simulator.twilio.calls import Target
from simulator.twilio.errors import TwilioError
from simulator.twilio.stream import MediaStream
from simulator.twilio.waiting import pause, unless

if TYPE_CHECKING:
    from simulator.twilio.line import Line

logger = logging.getLogger(__name__)

SPOKEN_WORDS_PER_S = 170 / 60
TONE_S = 0.1
"""A tone, and the quiet after it."""
WAITS_S = {"w": 0.5, "W": 1.0}
MAX_DOCUMENTS = 100
"""Documents run in one call before it is taken for a redirect loop."""


class DocumentRunner:
    """Runs the documents of one answered call."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sid = line.call.sid

    async def run(self, target: Target) -> None:
        """Run `target` and whatever it leads to; a call whose documents are done is hung up."""
        next_target: Target | None = target
        for _ in range(MAX_DOCUMENTS):
            if next_target is None:
                break
            next_target = await self._run_one(next_target)
        self._line.hang_up("document")

    async def _run_one(self, target: Target) -> Target | None:
        """Run one document; returns the one to go on with, None at the end of the call."""
        line = self._line
        try:
            document = await unless(line.interrupted, self._read(target))
        except TwilioError as error:
            self._report(error)
            line.hang_up("twiml-error")
            return None
        if document is None:
            return line.take_redirect()
        for warning in document.warnings:
            self._report(TwilioError(12200, warning))
        for verb in document.verbs:
            next_target = await self._perform(verb)
            if line.interrupted.is_set():
                return line.take_redirect()
            if next_target is not None:
                return next_target
        return None

    async def _read(self, target: Target) -> twiml.Document:
        """The document, from the fallback URL where there is one and `target` fails."""
        try:
            return await self._read_from(target, {})
        except TwilioError as error:
            request = self._line.call.request
            if not request.fallback_url or target != request.target:
                raise
            self._report(error)
            fallback = Target(url=request.fallback_url, method=request.fallback_method)
            return await self._read_from(fallback, {"ErrorCode": str(error.code), "ErrorUrl": target.url})

    async def _read_from(self, target: Target, extra: dict[str, str]) -> twiml.Document:
        if target.twiml:
            return twiml.parse(target.twiml)
        params = self._line.call.webhook_params() | extra
        text = await self._line.exchange.webhooks.document(target.url, target.method, params)
        return twiml.parse(text, target.url)

    async def _perform(self, verb: twiml.Verb) -> Target | None:
        """Do one verb, stopping early when interrupted; returns a document to go on with, if it says so."""
        line = self._line
        match verb:
            case twiml.Say(text):
                line.room.note("say", text=text)
                await pause(line.interrupted, len(text.split()) / SPOKEN_WORDS_PER_S)
            case twiml.Play(digits):
                await self._play(digits)
            case twiml.Pause(length_s):
                await pause(line.interrupted, length_s)
            case twiml.Hangup() | twiml.Reject():
                line.hang_up("document")
            case twiml.Redirect(url, method):
                return Target(url=url, method=method)
            case twiml.Connect(stream, action, method):
                await self._stream(stream)
                if action:
                    return Target(url=action, method=method)
        return None

    async def _play(self, digits: str) -> None:
        """Keypad tones, each of which is a key to the callee ("TwiML: <Play>, digits")."""
        line = self._line
        line.room.note("play", digits=digits)
        for digit in digits:
            if await pause(line.interrupted, WAITS_S.get(digit, TONE_S)):
                return
            if digit not in WAITS_S:
                line.key(digit)
                if await pause(line.interrupted, TONE_S):
                    return

    async def _stream(self, noun: twiml.Stream) -> None:
        """Run a stream; one that cannot be opened is reported, and the next verb's turn comes."""
        line = self._line
        exchange = line.exchange
        stream = MediaStream(
            noun,
            account_sid=line.call.account_sid,
            call_sid=line.call.sid,
            party=line.callee,
            room=line.room,
            world=exchange.world,
            seed=f"{line.seed}:{len(line.streams)}",
            faults=line.faults.media,
        )

        def opened() -> None:
            line.stream_opened(stream)
            self._stream_news(stream, "stream-started")

        try:
            twiml.check_stream(noun)
            await stream.run(exchange.session, exchange.config.twilio_auth_token, line.interrupted, opened)
        except TwilioError as error:
            self._report(error)
            self._stream_news(stream, "stream-error", f"{error.code}: {error.message}")
        if stream in line.streams:
            line.stream_closed(stream)
            self._stream_news(stream, "stream-stopped")

    def _stream_news(self, stream: MediaStream, event: str, error: str = "") -> None:
        """Tell the stream's own status callback ("TwiML: <Stream>, statusCallback")."""
        noun = stream.noun
        if not noun.status_callback:
            return
        params = {
            "AccountSid": self._line.call.account_sid,
            "CallSid": self._sid,
            "StreamSid": stream.sid,
            "StreamName": noun.name or stream.sid,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        if error:
            params["StreamError"] = error
        self._line.news.send(event, noun.status_callback, noun.status_callback_method, params)

    def _report(self, error: TwilioError) -> None:
        """What Twilio's debugger would show."""
        logger.warning("call %s: %s %s", self._sid, error.code, error.message)
        self._line.room.note("debugger", code=error.code, message=error.message)
