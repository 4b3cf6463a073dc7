"""Utterances: text or a recording as mu-law 8 kHz audio that an `Ear` can recognise.

The sound comes from `espeak-ng` on PATH, else from the optional package `espeakng-loader`, else from built-in
babble.
"""

from __future__ import annotations

import asyncio
import audioop
import hashlib
import importlib.util
import io
import logging
import shutil
import subprocess
import sys
import wave
from dataclasses import dataclass
from functools import lru_cache

from simulator import espeak_helper
from simulator.babble import babble
from simulator.dither import WINDOW_BYTES, dither, pad_to_windows
from simulator.energy import BYTES_PER_MS, SPEECH_RMS, loudness

logger = logging.getLogger(__name__)

RATE_HZ = 8000
_ENGINE_TIMEOUT_S = 10
_EDGE_QUIET_BYTES = 3 * WINDOW_BYTES


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said, once, by one speaker in one call."""

    id: str
    """Unique in the world as long as seeds are: derived from speaker, text, voice and seed."""
    speaker: str
    text: str | None
    """None for a recording without text: it is heard as "(inaudible)"."""
    audio: bytes
    """Mu-law 8 kHz, whole windows of 160 bytes, dithered so that each of them is unique."""

    @property
    def duration_ms(self) -> int:
        """Length of the audio in ms."""
        return len(self.audio) // BYTES_PER_MS


def seed_for(*parts: object) -> int:
    """A seed from what identifies an utterance, such as call, speaker and number in the call."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")


async def speak(text: str, *, speaker: str, voice: str = "en-us", seed: int) -> Utterance:
    """Synthesise `text` off the event loop.

    The same arguments give the same bytes, so `seed` must differ for each utterance and call: two utterances
    of one seed and text could not be told apart.
    """
    audio = await asyncio.to_thread(_synthesize, text, voice)
    return _utterance(audio, text, speaker, f"{voice}:{seed}")


def from_recording(audio: bytes, text: str | None, *, speaker: str, seed: int) -> Utterance:
    """An utterance from recorded mu-law 8 kHz `audio`; see `speak` about `seed`."""
    return _utterance(audio, text, speaker, f"recording:{hashlib.sha256(audio).hexdigest()}:{seed}")


def _utterance(audio: bytes, text: str | None, speaker: str, source: str) -> Utterance:
    identity = hashlib.sha256(f"{speaker}:{source}:{text}".encode()).hexdigest()[:24]
    return Utterance(identity, speaker, text, dither(pad_to_windows(audio), identity))


@lru_cache(maxsize=256)
def _synthesize(text: str, voice: str) -> bytes:
    return _trim(_from_engine(text, voice) or babble(text, voice))


def _from_engine(text: str, voice: str) -> bytes:
    """Mu-law from the speech engine of this machine; nothing where there is none."""
    if shutil.which("espeak-ng"):
        return _from_wav(_run(["espeak-ng", "-v", voice, "--stdin", "--stdout"], text))
    if importlib.util.find_spec("espeakng_loader"):
        return _to_mulaw(_run([sys.executable, espeak_helper.__file__, voice], text), espeak_helper.RATE_HZ)
    return b""


def _run(command: list[str], text: str) -> bytes:
    """Standard output of a speech engine; nothing when it failed, and babble stands in."""
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=_ENGINE_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("speech engine %s failed (%s); using babble", command[0], type(error).__name__)
        return b""
    return done.stdout


def _from_wav(data: bytes) -> bytes:
    if not data:
        return b""
    # A WAV streamed to a pipe has no true length in its header; reading "all" frames still gives what is
    # there.
    with wave.open(io.BytesIO(data)) as source:
        return _to_mulaw(source.readframes(len(data)), source.getframerate())


def _to_mulaw(linear: bytes, rate_hz: int) -> bytes:
    resampled, _ = audioop.ratecv(linear, 2, 1, rate_hz, RATE_HZ, None)
    return audioop.lin2ulaw(resampled, 2)


def _trim(audio: bytes) -> bytes:
    """`audio` with at most 60 ms of quiet at its ends, so that pauses are the speaker's choice."""
    voiced = [
        at
        for at in range(0, len(audio), WINDOW_BYTES)
        if loudness(audio[at : at + WINDOW_BYTES]) >= SPEECH_RMS / 3
    ]
    if not voiced:
        return audio
    return audio[max(0, voiced[0] - _EDGE_QUIET_BYTES) : voiced[-1] + WINDOW_BYTES + _EDGE_QUIET_BYTES]
