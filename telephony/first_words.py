"""Does the agent begin to say what it was told to say?"""

from __future__ import annotations

from typing import Final

_BEGINNING: Final = 20
"""As many characters must agree: the server may split a text into sentences, and end one sooner or later than we."""


def begins(text: str, sentence: str) -> bool:
    """Whether a sentence of the agent may be the first of `text`."""
    return bool(sentence) and (sentence.startswith(text[:_BEGINNING]) or text.startswith(sentence))
