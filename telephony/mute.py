"""A muted agent: nothing of it is heard, and after that nothing of the sentence that it was in."""

from __future__ import annotations


class Mute:
    """Whether the agent's audio is kept from the phone."""

    def __init__(self, *, on: bool = False) -> None:
        self.on = on
        self._unheard = False
        """Whether what comes now may belong to a sentence whose beginning nobody heard."""

    @property
    def drops(self) -> bool:
        """Whether audio that comes now is not played."""
        return self.on or self._unheard

    def begin(self, *, in_reply: bool) -> None:
        """Mute; `in_reply`: the agent is saying something."""
        self.on, self._unheard = True, in_reply

    def end(self) -> None:
        """Unmute."""
        self.on = False

    def sentence_begins(self) -> None:
        """The agent's next sentence."""
        self._unheard = self.on

    def reply_ends(self) -> None:
        """Nothing more comes of what the agent was saying."""
        self._unheard = False
