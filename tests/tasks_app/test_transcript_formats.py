"""Transcripts as files for players and people."""

from __future__ import annotations

import pytest

from tasks_app.transcript_formats import Line, srt, txt, vtt
from telephony.speaker import Speaker

pytestmark = pytest.mark.unit

HELLO = Line(Speaker.CALLER, "Hello?", "Hello?", 320, 1840)
CUT = Line(Speaker.AGENT, "Hi, I am an AI calling for Alice.", "Hi, I am", 2000, 3_723_004)
UNHEARD = Line(Speaker.AGENT, "Never said", "", 5000, 6000)


def test_srt_shows_what_was_heard() -> None:
    assert srt([HELLO, UNHEARD, CUT]) == (
        "1\n00:00:00,320 --> 00:00:01,840\nCallee: Hello?\n\n"
        "2\n00:00:02,000 --> 01:02:03,004\nAgent: Hi, I am\n"
    )


def test_vtt_shows_what_was_heard_and_names_the_speaker() -> None:
    assert vtt([HELLO, UNHEARD, CUT]) == (
        "WEBVTT\n\n00:00:00.320 --> 00:00:01.840\n<v Callee>Hello?\n"
        "\n00:00:02.000 --> 01:02:03.004\n<v Agent>Hi, I am\n"
    )


def test_txt_marks_what_was_not_heard() -> None:
    assert txt([HELLO, CUT, UNHEARD]) == (
        "[00:00] Callee: Hello?\n"
        "[00:02] Agent: Hi, I am [not heard: an AI calling for Alice.]\n"
        "[00:05] Agent: [not heard: Never said]\n"
    )


def test_txt_shows_both_where_the_heard_words_are_not_the_first() -> None:
    assert txt([Line(Speaker.AGENT, "Good day", "day", 0, 1)]) == "[00:00] Agent: day [meant: Good day]\n"


def test_nothing_was_said() -> None:
    assert (srt([]), vtt([]), txt([])) == ("", "WEBVTT\n", "")


def test_text_cannot_break_out_of_its_cue() -> None:
    text = "a\n\n2\n00:00:09,000 --> 00:00:10,000\n<b>&x"
    line = Line(Speaker.CALLER, text, text, 0, 1)
    assert srt([line]).splitlines()[2:] == ["Callee: a 2 00:00:09,000 → 00:00:10,000 <b>&x"]
    assert vtt([line]).splitlines()[3:] == ["<v Callee>a 2 00:00:09,000 → 00:00:10,000 &lt;b&gt;&amp;x"]


def test_a_turn_without_length_is_shown_all_the_same() -> None:
    assert "00:00:00,005 --> 00:00:00,006" in srt([Line(Speaker.CALLER, "x", "x", 5, 5)])


def test_cues_are_in_the_order_in_which_they_sounded() -> None:
    later_first = srt([CUT, HELLO])
    assert later_first.index("Hello?") < later_first.index("Hi, I am")
