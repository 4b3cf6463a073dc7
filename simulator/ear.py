"""An ear: what was said, from the bytes that really arrived.

Each window of an utterance is unique (`dither.py`), so a window found in the stream tells which utterance it
is and where in it. Words are understood only from windows found in order; everything else that is loud is
"(inaudible)".
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.dither import SILENCE, WINDOW_BYTES
from simulator.energy import BYTES_PER_MS, SPEECH_RMS, loudness

if TYPE_CHECKING:
    from simulator.speech import Utterance

INAUDIBLE = "(inaudible)"
NEEDED = 0.9
"""The share of an utterance's windows that must arrive, in order, to be understood."""

WINDOW_MS = WINDOW_BYTES / BYTES_PER_MS
MIN_NOISE_MS = 100.0
"""Shorter scraps of unmatched voice, such as the edge of a cut, are not reported."""
NOISE_ENDS_MS = 400.0

_QUIET = bytes([SILENCE]) * WINDOW_BYTES
# Thirty-two undithered bytes in a row do not occur inside an utterance, so a window may only begin in the
# last ones.
_QUIET_SKIP = WINDOW_BYTES - 32


@dataclass(frozen=True, slots=True)
class Heard:
    """Something heard; times in ms on the stream of bytes fed, `fraction` of the utterance found in order."""

    text: str
    start_ms: float
    end_ms: float
    complete: bool
    fraction: float


class Spoken:
    """The latest utterances of one speaker in one room, by their windows; older ones are forgotten."""

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._utterances: OrderedDict[str, Utterance] = OrderedDict()
        self._windows: dict[bytes, tuple[Utterance, int]] = {}

    def add(self, utterance: Utterance) -> None:
        """Make `utterance` known; saying the same one again is fine."""
        if utterance.id in self._utterances:
            self._utterances.move_to_end(utterance.id)
            return
        self._utterances[utterance.id] = utterance
        for index, window in enumerate(_windows(utterance)):
            self._windows[window] = (utterance, index)
        if len(self._utterances) > self._limit:
            _, oldest = self._utterances.popitem(last=False)
            for window in _windows(oldest):
                self._windows.pop(window, None)

    def find(self, window: bytes) -> tuple[Utterance, int] | None:
        """The utterance that has exactly this window, and which of its windows it is."""
        return self._windows.get(window)

    def clear(self) -> None:
        """Forget everything."""
        self._utterances.clear()
        self._windows.clear()


def _windows(utterance: Utterance) -> list[bytes]:
    audio = utterance.audio
    return [audio[at : at + WINDOW_BYTES] for at in range(0, len(audio), WINDOW_BYTES)]


class _Phrase:
    """One playing of an utterance, as far as it arrived."""

    def __init__(self, utterance: Utterance, index: int, start_ms: float) -> None:
        self.utterance = utterance
        self.windows = len(utterance.audio) // WINDOW_BYTES
        self.start_ms = start_ms
        self.found = 0
        self.last = -1
        self.end_ms = start_ms
        self._words = (utterance.text or "").split()
        self._words_taken = 0
        self._loss_taken = False
        self.add(index, start_ms)

    def add(self, index: int, start_ms: float) -> None:
        self.found += 1
        self.last = index
        self.end_ms = start_ms + WINDOW_MS

    @property
    def finished(self) -> bool:
        return self.last == self.windows - 1

    @property
    def _complete(self) -> bool:
        return self.found >= NEEDED * self.windows

    @property
    def _understood(self) -> bool:
        return self.utterance.text is not None and self.found >= NEEDED * (self.last + 1)

    def _words_heard(self) -> int:
        return len(self._words) if self._complete else len(self._words) * (self.last + 1) // self.windows

    def heard(self) -> Heard:
        fraction = self.found / self.windows
        if not self._understood:
            return Heard(INAUDIBLE, self.start_ms, self.end_ms, False, fraction)
        text = " ".join(self._words[: self._words_heard()])
        return Heard(text, self.start_ms, self.end_ms, self._complete, fraction)

    def take(self) -> str:
        if not self._understood:
            news = "" if self._loss_taken else INAUDIBLE
            self._loss_taken = True
            return news
        words = self._words[self._words_taken : self._words_heard()]
        self._words_taken += len(words)
        return " ".join(words)


class _Noise:
    """A stretch of voice that matches nothing said in the room."""

    def __init__(self, start_ms: float) -> None:
        self.start_ms = start_ms
        self.end_ms = start_ms
        self.voiced_ms = 0.0
        self._taken = False

    @property
    def audible(self) -> bool:
        return self.voiced_ms >= MIN_NOISE_MS

    def heard(self) -> Heard:
        return Heard(INAUDIBLE, self.start_ms, self.end_ms, False, 0.0)

    def take(self) -> str:
        if self._taken or not self.audible:
            return ""
        self._taken = True
        return INAUDIBLE


class Ear:
    """Understands what one speaker said in one room, from mu-law bytes in any framing and alignment."""

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken
        self._buffer = b""
        self._buffer_at = 0
        self._unmatched = b""
        self._items: list[_Phrase | _Noise] = []
        self._phrase: _Phrase | None = None
        self._noise: _Noise | None = None
        self._take_from = 0

    def feed(self, data: bytes) -> None:
        """Take more of the stream; the last incomplete window waits for the next call."""
        buffer = self._buffer + data
        at, end = 0, len(buffer) - WINDOW_BYTES
        while at <= end:
            window = buffer[at : at + WINDOW_BYTES]
            match = self._spoken.find(window)
            if match is not None and self._match(*match, self._ms(at)):
                at += WINDOW_BYTES
            elif match is not None:
                self._miss(window, self._ms(at))
                at += WINDOW_BYTES
            elif window == _QUIET:
                self._miss(buffer[at : at + _QUIET_SKIP], self._ms(at))
                at += _QUIET_SKIP
            else:
                found = at + 1
                while found <= end and self._spoken.find(buffer[found : found + WINDOW_BYTES]) is None:
                    found += 1
                self._miss(buffer[at:found], self._ms(at))
                at = found
        self._buffer = buffer[at:]
        self._buffer_at += at

    def heard(self) -> list[Heard]:
        """Everything so far, in order; one "(inaudible)" for each stretch of unmatched voice."""
        return [item.heard() for item in self._items if isinstance(item, _Phrase) or item.audible]

    def take(self) -> str:
        """What was heard since the last call: "(inaudible)" for voice not understood, "" for silence."""
        texts: list[str] = []
        for item in self._items[self._take_from :]:
            text = item.take()
            if text and (text != INAUDIBLE or texts[-1:] != [INAUDIBLE]):
                texts.append(text)
        self._noise = None
        open_item = self._phrase
        self._take_from = self._items.index(open_item) if open_item is not None else len(self._items)
        return " ".join(texts)

    def _ms(self, at: int) -> float:
        return (self._buffer_at + at) / BYTES_PER_MS

    def _match(self, utterance: Utterance, index: int, start_ms: float) -> bool:
        """Note window `index` of `utterance`; False when it is out of order, so not understood."""
        phrase = self._phrase
        if phrase is not None and phrase.utterance is utterance and index > phrase.last:
            self._forgive_noise(phrase, (index - phrase.last - 1) * WINDOW_MS)
            phrase.add(index, start_ms)
        elif phrase is None or phrase.utterance is not utterance or index == 0 or phrase.finished:
            self._phrase = _Phrase(utterance, index, start_ms)
            self._items.append(self._phrase)
        else:
            return False
        self._noise = None
        self._unmatched = b""
        return True

    def _forgive_noise(self, phrase: _Phrase, lost_ms: float) -> None:
        """Noise that merely stands in for lost windows of `phrase` is counted there, not reported as well."""
        if self._items[-1] is phrase:
            return
        after = self._items.index(phrase) + 1
        noises = [item for item in self._items[after:] if isinstance(item, _Noise)]
        if sum(noise.voiced_ms for noise in noises) <= lost_ms + MIN_NOISE_MS:
            del self._items[after:]

    def _miss(self, audio: bytes, start_ms: float) -> None:
        """Unmatched `audio` from `start_ms` on: look whether it is voiced, a window's length at a time."""
        pending = self._unmatched + audio
        at_ms = start_ms - len(self._unmatched) / BYTES_PER_MS
        whole = len(pending) - len(pending) % WINDOW_BYTES
        for start in range(0, whole, WINDOW_BYTES):
            if loudness(pending[start : start + WINDOW_BYTES]) >= SPEECH_RMS:
                self._voiced_noise(at_ms + start / BYTES_PER_MS)
        self._unmatched = pending[whole:]

    def _voiced_noise(self, at_ms: float) -> None:
        if self._noise is None or at_ms - self._noise.end_ms > NOISE_ENDS_MS:
            self._noise = _Noise(at_ms)
            self._items.append(self._noise)
        self._noise.voiced_ms += WINDOW_MS
        self._noise.end_ms = at_ms + WINDOW_MS
