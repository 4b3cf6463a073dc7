"""What the simulated mind reads and writes: the conversation so far, its functions, and its next move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """A function that was called and has answered."""

    name: str
    arguments: dict[str, str]
    response: str


Conversation = Sequence[Line | Called]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server itself runs a function, over HTTP."""

    url: str
    method: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Function:
    """A function the agent may call: on the client, or itself where there is an endpoint."""

    name: str
    defer_until_eot: bool = False
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of each parameter, with the values of its `enum`; none there means any text."""
    endpoint: Endpoint | None = None


Functions = Mapping[str, Function]


@dataclass(frozen=True, slots=True)
class Call:
    """A function to call."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """What to do next: say sentences, then call functions and think again when all have answered.

    Neither means to be silent until the other side speaks again.
    """

    sentences: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()


SILENCE = Move()


def say(*sentences: str) -> Move:
    """The move that says `sentences`."""
    return Move(sentences)
