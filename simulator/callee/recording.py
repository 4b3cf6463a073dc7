"""Recordings a callee may open with: raw mu-law, or WAV."""

from __future__ import annotations

import audioop
import struct
from dataclasses import dataclass
from pathlib import Path

_PCM, _MULAW, _EXTENSIBLE = 1, 7, 0xFFFE


class RecordingError(ValueError):
    """A recording that cannot be played; the text names the file and what it must be."""


@dataclass(frozen=True, slots=True)
class Recording:
    """8 kHz mono mu-law, and what is said in it, when a sidecar says so."""

    audio: bytes
    text: str | None


def load_recording(path: Path) -> Recording:
    """Read `path`: .ulaw is raw 8 kHz mono mu-law, .wav 8 kHz mono, 16 bit or mu-law.

    Its words are in the file of the same name with the suffix .txt, if there is one.

    Raises RecordingError.
    """
    try:
        data = path.read_bytes()
        sidecar = path.with_suffix(".txt")
        text = sidecar.read_text(encoding="utf-8").strip() if sidecar.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: cannot be read ({error})") from error
    if path.suffix == ".wav":
        data = _from_wav(path, data)
    elif path.suffix != ".ulaw":
        raise RecordingError(f"{path}: must be a .wav or a .ulaw file")
    if not data:
        raise RecordingError(f"{path}: has no audio in it")
    return Recording(data, text or None)


def _from_wav(path: Path, data: bytes) -> bytes:
    """The samples as mu-law. Chunks are read here because the standard library's reader refuses mu-law."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise RecordingError(f"{path}: not a WAV file")
    layout: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            kind, channels, rate_hz, bits = struct.unpack_from("<HHI6xH", body)
            if kind == _EXTENSIBLE and len(body) >= 26:
                (kind,) = struct.unpack_from("<H", body, 24)
            layout = (kind, channels, rate_hz, bits)
        elif name == b"data":
            if layout == (_PCM, 1, 8000, 16):
                return audioop.lin2ulaw(body[: len(body) // 2 * 2], 2)
            if layout == (_MULAW, 1, 8000, 8):
                return body
            break
        at += 8 + size + size % 2
    raise RecordingError(f"{path}: must be 8000 Hz, mono, 16 bit PCM or mu-law")
