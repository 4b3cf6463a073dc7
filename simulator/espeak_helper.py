"""Helper process: text on standard input, 16-bit linear samples at 22 050 Hz on standard output.

Usage: python espeak_helper.py VOICE. Needs the optional package `espeakng-loader`. A process of its
own, because eSpeak NG keeps global state that no thread may share, and because its licence (GPL-3) is not the
simulator's.
"""

from __future__ import annotations

import ctypes
import sys

RATE_HZ = 22050

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1


def synthesize(text: str, voice: str) -> bytes:
    """Linear samples of `text`. Raises RuntimeError when there is no engine or no such voice."""
    import espeakng_loader  # type: ignore[import-not-found, unused-ignore]

    engine = ctypes.CDLL(espeakng_loader.get_library_path())
    data_path = str(espeakng_loader.get_data_path()).encode()
    if engine.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path, 0) != RATE_HZ:
        raise RuntimeError("eSpeak NG did not start at 22050 Hz")
    if engine.espeak_SetVoiceByName(voice.encode()) != 0:
        raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
    samples = bytearray()

    def collect(wav: int | None, count: int, _events: int | None) -> int:
        if wav and count > 0:
            samples.extend(ctypes.string_at(wav, count * 2))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(collect)
    engine.espeak_SetSynthCallback(callback)
    encoded = text.encode()
    engine.espeak_Synth(
        encoded, ctypes.c_size_t(len(encoded) + 1), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
    )
    return bytes(samples)


if __name__ == "__main__":
    sys.stdout.buffer.write(synthesize(sys.stdin.buffer.read().decode(), sys.argv[1]))
