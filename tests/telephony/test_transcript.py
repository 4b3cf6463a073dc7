"""The recording's words, merged into the turns that were heard live."""

from __future__ import annotations

import pytest

from telephony.transcript import TranscriptTurn, Utterance, Word, merge

pytestmark = pytest.mark.unit


def said(speaker: str, start_ms: int, text: str) -> Utterance:
    """An utterance of half a second a word."""
    words = text.split()
    return Utterance(
        speaker,
        tuple(Word(w, start_ms + 500 * n, start_ms + 500 * n + 400, 0.9) for n, w in enumerate(words)),
    )


LIVE = [
    TranscriptTurn(
        1, "agent", "Hello, I am an AI assistant.", 2_000, 5_000, heard=0.5, heard_text="Hello, I am"
    ),
    TranscriptTurn(2, "caller", "what is this about", 4_000, 6_000),
]


def test_a_persons_words_are_the_recordings_and_the_agents_stay() -> None:
    agent, caller = merge(
        LIVE, [said("agent", 2_000, "Hello I am"), said("caller", 4_050, "What's this about?")]
    )
    assert (agent.text, agent.heard_text, agent.sounded) == (LIVE[0].text, "Hello, I am", "Hello, I am")
    assert [word.start_ms for word in agent.words] == [2_000, 2_500, 3_000]
    assert (caller.text, caller.start_ms, caller.end_ms) == ("What's this about?", 4_050, 5_450)


def test_a_hello_that_was_held_back_becomes_a_turn() -> None:
    merged = merge(LIVE, [said("caller", 300, "Hello?"), said("caller", 4_000, "What is this about?")])
    assert [(turn.number, turn.speaker, turn.text) for turn in merged] == [
        (1, "caller", "Hello?"),
        (2, "agent", "Hello, I am an AI assistant."),
        (3, "caller", "What is this about?"),
    ]


def test_one_utterance_over_two_turns_is_shared_between_them() -> None:
    live = [
        TranscriptTurn(1, "caller", "one two", 0, 900),
        TranscriptTurn(2, "caller", "three four", 1_000, 2_000),
    ]
    merged = merge(live, [said("caller", 0, "One, two, three, four.")])
    assert [turn.text for turn in merged] == ["One, two,", "three, four."]


def test_where_the_recording_misses_most_the_live_text_stays() -> None:
    [turn] = merge(
        [TranscriptTurn(1, "caller", "I can lower it to $55 a month", 0, 4_000)], [said("caller", 0, "I")]
    )
    assert (turn.text, len(turn.words)) == ("I can lower it to $55 a month", 1)


def test_words_of_one_side_never_go_to_the_other() -> None:
    merged = merge([LIVE[0]], [said("caller", 2_000, "Yes.")])
    assert [(turn.speaker, turn.text) for turn in merged] == [("agent", LIVE[0].text), ("caller", "Yes.")]


def test_a_reply_that_a_crash_cut_off_was_heard_as_far_as_it_is_recorded() -> None:
    sentence = "Hello, I'm an AI assistant calling on behalf of a customer. Do you have a moment?"
    live = [
        TranscriptTurn(1, "caller", "Acme, this is Dana.", 300, 1_500),
        TranscriptTurn(2, "agent", sentence, 2_393, 2_393, heard=0.0, final=False),
    ]
    recorded = [
        said("caller", 300, "Acme, this is Dana."),
        said("agent", 2_393, "Hello, I'm an A.I. assistant"),
        said("agent", 4_400, "calling on"),
    ]
    _, reply = merge(live, recorded)
    assert (reply.text, reply.start_ms, reply.end_ms, reply.final) == (sentence, 2_393, 5_300, True)
    assert reply.sounded == "Hello, I'm an AI assistant calling on"
    assert reply.heard == round(len(reply.sounded) / len(sentence), 3)
    assert len(reply.words) == 7


def test_an_unfinished_reply_takes_no_words_of_the_next_one() -> None:
    live = [
        TranscriptTurn(1, "agent", "One two three four five.", 0, 0, heard=0.0, final=False),
        TranscriptTurn(2, "agent", "Six seven.", 9_000, 10_000),
    ]
    cut, after = merge(live, [said("agent", 0, "one two"), said("agent", 9_000, "six seven")])
    assert (cut.sounded, cut.end_ms) == ("One two", 900)
    assert (after.sounded, len(after.words)) == ("Six seven.", 2)


@pytest.mark.parametrize("recorded", [[], [said("caller", 0, "Hello?")]])
def test_an_unfinished_reply_that_the_recording_does_not_have_was_not_heard(
    recorded: list[Utterance],
) -> None:
    reply = merge([TranscriptTurn(1, "agent", "Hello.", 900, 900, heard=0.0, final=False)], recorded)[-1]
    assert (reply.sounded, reply.final) == ("", True)


def test_without_a_recording_nothing_changes() -> None:
    assert merge(LIVE, []) == LIVE


def test_it_survives_storage() -> None:
    merged = merge(LIVE, [said("caller", 4_050, "What's this about?")])
    assert [TranscriptTurn.from_json(turn.to_json()) for turn in merged] == merged
