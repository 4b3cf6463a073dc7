"""The sound of a call on disk: raw tracks while it is live, WAV files when it is over.

`DATA_ROOT/recordings/<call id>/` holds, per segment, `caller-<n>-<offset>.ulaw` and `agent-<n>-<offset>.ulaw`: mu-law
at 8 kHz from `offset` ms on the call clock, only ever appended to. At the end they become `inbound.wav`, `outbound.wav`
(mono) and `mixed.wav` (stereo: caller left, agent right), 16 bit, aligned and of equal length.
"""

from __future__ import annotations

import audioop
import contextlib
import os
import uuid
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from telephony.mulaw import BYTES_PER_MS, SILENCE
from telephony.speaker import Speaker

SIDES = ("mixed", "inbound", "outbound")
_BLOCK = 1 << 18


def directory(call_id: uuid.UUID) -> Path:
    """Where a call's sound is kept. The path is made of our own UUID only."""
    return Path(settings.DATA_ROOT) / "recordings" / str(call_id)


def wav_path(call_id: uuid.UUID, side: str) -> Path:
    """The finished file of a side: `mixed`, `inbound` or `outbound`.

    Raises:
        ValueError: there is no such side.
    """
    if side not in SIDES:
        raise ValueError(f"side must be one of {', '.join(SIDES)}")
    return directory(call_id) / f"{side}.wav"


class Track:
    """One direction of one segment: audio is placed by its time, gaps are silent. Placing never waits for the disk."""

    def __init__(self, offset_ms: float) -> None:
        self._offset_ms = offset_ms
        self._length = 0
        self._waiting = bytearray()

    def place(self, audio: bytes, start_ms: float) -> None:
        """Add audio that began at `start_ms` on the call clock. What overlaps goes behind what is there."""
        gap = round((start_ms - self._offset_ms) * BYTES_PER_MS) - self._length
        if gap > 1:  # one byte is the rounding of a place in time
            self._waiting += SILENCE * gap
            self._length += gap
        self._waiting += audio
        self._length += len(audio)

    def take(self) -> bytes:
        """What waits to be written; it is then the caller's to write, or to give back."""
        waiting = bytes(self._waiting)
        self._waiting.clear()
        return waiting

    def give_back(self, audio: bytes) -> None:
        """What could not be written; it goes before what came since."""
        self._waiting[:0] = audio


class Recorder:
    """Both tracks of one segment of a call.

    `take` and `give_back` belong to the thread that places audio, `write` to another: it blocks.
    """

    def __init__(self, call_id: uuid.UUID, *, offset_ms: float = 0.0) -> None:
        self.caller = Track(offset_ms)
        self.agent = Track(offset_ms)
        self.failure = ""
        """Why audio may be missing, in words; empty while all is well."""
        self._folder = directory(call_id)
        self._offset_ms = offset_ms
        self._files: dict[Speaker, Path] = {}
        self._written = dict.fromkeys(Speaker, 0)

    def take(self) -> dict[Speaker, bytes]:
        """What waits, by track."""
        return {Speaker.CALLER: self.caller.take(), Speaker.AGENT: self.agent.take()}

    def give_back(self, audio: dict[Speaker, bytes]) -> None:
        """What `write` could not write."""
        self.caller.give_back(audio.get(Speaker.CALLER, b""))
        self.agent.give_back(audio.get(Speaker.AGENT, b""))

    def write(self, audio: dict[Speaker, bytes]) -> dict[Speaker, bytes]:
        """Append to the files; returns what the disk refused, which is noted and not raised: the call goes on."""
        refused = {}
        for speaker, piece in audio.items():
            try:
                self._append(speaker, piece)
            except OSError as error:
                self.failure = f"The disk refused audio: {error.strerror or type(error).__name__}."
                refused[speaker] = piece
        return refused

    def _append(self, speaker: Speaker, piece: bytes) -> None:
        if not piece:
            return
        if not self._files:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = len(list(self._folder.glob("caller-*.ulaw")))
            suffix = f"{number:03d}-{round(self._offset_ms)}.ulaw"
            self._files = {speaker: self._folder / f"{speaker}-{suffix}" for speaker in Speaker}
            for path in self._files.values():
                _private(str(path), os.O_CREAT | os.O_WRONLY, close=True)
        with self._files[speaker].open("r+b") as file:
            file.truncate(self._written[speaker])  # a write that failed may have left a part
            file.seek(self._written[speaker])
            file.write(piece)
        self._written[speaker] += len(piece)


def _private(path: str, flags: int, *, close: bool = False) -> int:
    descriptor = os.open(path, flags, 0o600)
    if close:
        os.close(descriptor)
    return descriptor


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a recording."""

    duration_ms: int
    has_audio: bool


def finish(call_id: uuid.UUID) -> Finished:
    """Make the WAV files from the segments. Blocks; can be repeated.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    folder = directory(call_id)
    length = max((_end(path) for path in folder.glob("*.ulaw")), default=0)
    if not length:
        return Finished(0, has_audio=False)
    caller, agent = (_track(folder, speaker, length) for speaker in Speaker)
    with contextlib.ExitStack() as stack:
        inbound = stack.enter_context(_wav(folder / "inbound.wav", channels=1))
        outbound = stack.enter_context(_wav(folder / "outbound.wav", channels=1))
        mixed = stack.enter_context(_wav(folder / "mixed.wav", channels=2))
        for first in range(0, length, _BLOCK):
            left = audioop.ulaw2lin(caller[first : first + _BLOCK], 2)
            right = audioop.ulaw2lin(agent[first : first + _BLOCK], 2)
            inbound.writeframes(left)
            outbound.writeframes(right)
            mixed.writeframes(
                audioop.add(audioop.tostereo(left, 2, 1, 0), audioop.tostereo(right, 2, 0, 1), 2)
            )
    return Finished(length // BYTES_PER_MS, has_audio=True)


def _end(path: Path) -> int:
    """Where a segment ends, in bytes from the start of the call."""
    return _offset_ms(path) * BYTES_PER_MS + path.stat().st_size


def _offset_ms(path: Path) -> int:
    return int(path.stem.rsplit("-", 1)[1])


def _track(folder: Path, name: str, length: int) -> bytes:
    """A whole track, silent where no segment has audio."""
    audio = bytearray(SILENCE * length)
    for path in sorted(folder.glob(f"{name}-*.ulaw")):
        start = _offset_ms(path) * BYTES_PER_MS
        segment = path.read_bytes()
        audio[start : start + len(segment)] = segment
    return bytes(audio)


@contextlib.contextmanager
def _wav(path: Path, channels: int) -> Iterator[wave.Wave_write]:
    """A WAV file that appears under its name only when it is whole and on disk."""
    part = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.part")
    with open(part, "wb", opener=_private) as file:
        with wave.open(file, "wb") as output:
            output.setnchannels(channels)
            output.setsampwidth(2)
            output.setframerate(8000)
            yield output
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
