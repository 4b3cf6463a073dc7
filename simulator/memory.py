"""What was said in the latest calls: rooms forget at the end of a call, and recordings are heard after it."""

from __future__ import annotations

from collections import OrderedDict

from simulator.speech import Utterance


class Memory:
    """The utterances of the calls that spoke last; beyond `max_calls` the one silent for longest is forgotten."""

    def __init__(self, max_calls: int = 100) -> None:
        self._max_calls = max_calls
        self._calls: OrderedDict[str, dict[str, Utterance]] = OrderedDict()

    def add(self, utterance: Utterance, call_sid: str) -> None:
        """`utterance` is uttered in this call."""
        self._calls.setdefault(call_sid, {})[utterance.id] = utterance
        self._calls.move_to_end(call_sid)
        if len(self._calls) > self._max_calls:
            self._calls.popitem(last=False)

    def utterances(self) -> list[Utterance]:
        """All that is remembered, of both sides of every call."""
        return [utterance for said in self._calls.values() for utterance in said.values()]
