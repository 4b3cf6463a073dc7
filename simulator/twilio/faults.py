"""What may go wrong between Twilio and the server it calls, for tests: callbacks, REST answers, streams."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CallbackEvent = Literal[
    "initiated", "ringing", "answered", "completed", "stream-started", "stream-stopped", "stream-error"
]
CreateFault = Literal["429", "500_after", "hang_after", "drop_after", "garbage", "garbage_after"]


class FaultError(ValueError):
    """A description of faults that cannot be used; the text names every field and what is wrong with it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CallbackFaults(_Part):
    """What happens to status callbacks, those of calls and those of streams."""

    delay_ms: int = Field(default=0, ge=0, le=60_000)
    duplicate: bool = False
    """Every callback is delivered twice."""
    drop: frozenset[CallbackEvent] = frozenset()
    """These are never delivered; their sequence numbers are missing."""
    shuffle: bool = False
    """Every callback waits for the next one, which overtakes it: they arrive in pairs the wrong way round."""
    before_create_reply: bool = False
    """The call rings, and says so, before the answer to its own creation is sent."""


class RestFaults(_Part):
    """What happens to the answer of POST /Calls. Those with `_after` place the call, the others do not."""

    create: CreateFault | None = None
    times: int = Field(default=1, ge=1)
    """How many creations it happens to."""

    @model_validator(mode="after")
    def _times_of_something(self) -> Self:
        if self.create is None and "times" in self.model_fields_set:
            raise ValueError("times needs create")
        return self


class MediaFaults(_Part):
    """What happens to media streams."""

    connect_delay_ms: int = Field(default=0, ge=0, le=60_000)
    """The WebSocket is dialled so much later."""
    start: Literal["never", "twice", "wrong_call"] | None = None
    """The `start` frame: missing, sent twice, or of a call that does not exist."""
    media_before_start: bool = False
    stop: Literal["never", "twice"] | None = None
    """The `stop` frame: missing before the close, or sent twice."""
    abort_after_ms: int | None = Field(default=None, ge=0)
    """So long after its start the connection is cut, without `stop` and without a close frame."""


class Faults(_Part):
    """All of it; without anything said, nothing goes wrong. Calls keep the faults they were placed with."""

    callbacks: CallbackFaults = CallbackFaults()
    rest: RestFaults = RestFaults()
    media: MediaFaults = MediaFaults()


def parse(text: str) -> Faults:
    """Read the JSON of POST /simulator/faults; `{}` means none. Raises FaultError."""
    try:
        return Faults.model_validate_json(text)
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise FaultError("; ".join(problems)) from error


class FaultDesk:
    """The faults in force now."""

    def __init__(self, faults: Faults) -> None:
        self.now = faults
        self._creates_left = faults.rest.times

    def set(self, faults: Faults) -> None:
        """Put `faults` in force, in place of those before."""
        self.now = faults
        self._creates_left = faults.rest.times

    def next_create(self) -> CreateFault | None:
        """What happens to the creation that has just been asked for."""
        if self.now.rest.create is None or not self._creates_left:
            return None
        self._creates_left -= 1
        return self.now.rest.create
