"""Machines that answer before a person does, or instead of one, as scenarios describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-D#*]$")]


class _Machine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Menu(_Machine):
    """A menu that needs a key. It does not listen: it talks whoever else does."""

    kind: Literal["menu"]
    say: str = Field(min_length=1)
    choices: dict[Key, str] = {}
    """Keys that lead to a person, each with what is said before; without any, no key satisfies it."""
    again_key: Key | None = None
    """The key that asks for the menu once more."""
    invalid: str = "That is not a valid choice."
    """Said at any other key, and the menu follows."""
    repeat_after_s: float = Field(default=6, gt=0)
    """Without a key for so long after its end the menu is said again."""


class Hold(_Machine):
    """An announcement and music, over and over, until somebody is free."""

    kind: Literal["hold"]
    say: str = Field(min_length=1)
    every_s: float = Field(default=6, gt=0)
    """From one announcement to the next; music is played between them."""
    announcements: int = Field(default=3, ge=1)
    """After the last of them somebody is free."""


class Voicemail(_Machine):
    """A greeting, a tone, and a recording of whatever is said; then it hangs up."""

    kind: Literal["voicemail"]
    say: str = Field(min_length=1)
    record_s: float = Field(default=30, gt=0)


class Nobody(_Machine):
    """The line is open and nothing is ever said."""

    kind: Literal["nobody"]


Machine = Annotated[Menu | Hold | Voicemail | Nobody, Field(discriminator="kind")]
