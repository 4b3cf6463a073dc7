"""Is a sentence of the agent the beginning of what it was told to say?"""

from __future__ import annotations

import pytest

from telephony.first_words import begins

pytestmark = pytest.mark.unit

TOLD = "Hello. I am an AI assistant calling for Alice."


@pytest.mark.parametrize(
    ("sentence", "begun"),
    [
        (TOLD, True),
        ("Hello.", True),
        ("Hello. I am an AI assistant calling for", True),
        ("Hello. I am an AI assistant, and I have a question.", True),
        ("Hello there.", False),
        ("I am an AI assistant calling for Alice.", False),
        ("", False),
    ],
)
def test_a_text_is_known_by_its_first_sentence(sentence: str, begun: bool) -> None:
    assert begins(TOLD, sentence) is begun
