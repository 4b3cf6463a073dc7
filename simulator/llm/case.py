"""What a model is asked to judge: the task and the transcript, read from the prompt it is given and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from simulator.deepgram.facts import Facts, read_facts
from simulator.room import INAUDIBLE

Speaker = Literal["caller", "agent"]
"""`caller` is whoever is on the phone, `agent` is who called them."""

# A marker counts only on a line of its own: instructions may mention it, and so may somebody on the phone.
_BLOCK = re.compile(r"^[ \t]*<transcript>[ \t]*\n(.*)^[ \t]*</transcript>[ \t]*$", re.MULTILINE | re.DOTALL)
_TURN = re.compile(rf"^\[(\d+)\] ({'|'.join(get_args(Speaker))}): ?(.*)$")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation, under the number it has in the prompt."""

    number: int
    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One call to be judged."""

    facts: Facts
    turns: tuple[Turn, ...]

    def by(self, speaker: Speaker) -> list[Turn]:
        """The turns of `speaker` in which something was understood."""
        return [
            turn
            for turn in self.turns
            if turn.speaker == speaker and turn.text.replace(INAUDIBLE, "").strip()
        ]


def read_case(prompt: str) -> Case | None:
    """The case in `prompt`; None when there is no transcript in it.

    The task is read from the lines outside the transcript (`Objective:`, `Target outcome:`, `Walk-away point:`),
    the turns from its lines `[n] caller: text` and `[n] agent: text`; any other line continues the turn above it.
    """
    block = _BLOCK.search(prompt)
    if block is None:
        return None
    return Case(read_facts(prompt[: block.start()] + prompt[block.end() :]), tuple(_turns(block[1])))


def _turns(text: str) -> list[Turn]:
    turns: list[Turn] = []
    for line in text.splitlines():
        begins = _TURN.match(line)
        if begins is not None:
            speaker: Speaker = "caller" if begins[2] == "caller" else "agent"
            turns.append(Turn(int(begins[1]), speaker, begins[3]))
        elif turns:
            above = turns[-1]
            turns[-1] = Turn(above.number, above.speaker, f"{above.text}\n{line}")
    return turns
