"""A conversation with the simulated mind, without sockets."""

from __future__ import annotations

from simulator.deepgram.brain import next_move
from simulator.deepgram.conversation import Call, Called, Function, Line, Move

OPENING = "Hello, this is an AI assistant calling on behalf of Dana Reyes. It is about an internet bill."
PROMPT = f"""You hold a telephone call.
Calling on behalf of: Dana Reyes
Objective: Get the monthly internet bill under $60, walk away above $75
Context: A customer for six years. The current bill is $82 a month.
Target outcome: $60 a month or less
Walk-away point (private): $75
Opening line: {OPENING}
"""
END_CALL = Function("end_call", parameters={"reason": ()})
UPDATE_STRATEGY = Function("update_strategy", parameters={"strategy": (), "reason": ()})
PRESS_KEYS = Function("press_keys", parameters={"keys": ()})


class Talk:
    """A conversation: what is heard, what the mind does about it, and what came of it."""

    def __init__(
        self,
        prompt: str = PROMPT,
        functions: tuple[Function, ...] = (END_CALL, UPDATE_STRATEGY),
        opening: str = OPENING,
    ) -> None:
        self.prompt = prompt
        self.functions = {function.name: function for function in functions}
        self.items: list[Line | Called] = [Line("assistant", opening)] if opening else []
        self.moves: list[Move] = []

    def hear(self, text: str) -> str:
        """The agent's answer to `text`, with all that it said before and after the functions it called."""
        self.items.append(Line("user", text))
        said: list[str] = []
        while True:
            move = next_move(self.prompt, self.items, self.functions)
            self.moves.append(move)
            said += move.sentences
            self.items += [Line("assistant", sentence) for sentence in move.sentences]
            if not move.calls:
                return " ".join(said)
            self.items += [Called(call.name, call.arguments, "ok") for call in move.calls]

    @property
    def requests(self) -> list[tuple[Call, ...]]:
        """Every request for functions, with its calls."""
        return [move.calls for move in self.moves if move.calls]

    @property
    def calls(self) -> list[str]:
        """Names of the functions called."""
        return [item.name for item in self.items if isinstance(item, Called)]

    @property
    def keys(self) -> list[str]:
        """The keys pressed, one item a call."""
        return [
            item.arguments["keys"]
            for item in self.items
            if isinstance(item, Called) and item.name == "press_keys"
        ]

    @property
    def ending(self) -> dict[str, str]:
        """The arguments of end_call; empty when it was not called."""
        called = (i.arguments for i in self.items if isinstance(i, Called) and i.name == "end_call")
        return next(called, {})

    @property
    def ended_because(self) -> str | None:
        """The reason given to end_call."""
        return self.ending.get("reason")
