"""What the call page says of events, turns and waits: pure."""

from __future__ import annotations

import datetime as dt
import wave
from decimal import Decimal
from pathlib import Path

import pytest

from tasks_app.call_page.latency import PLOT_HEIGHT, TOP, latency_chart
from tasks_app.call_page.timeline import NOT_SHOWN, line
from tasks_app.call_page.transcript import shown_turns
from tasks_app.call_page.verdict import shown_verdict
from tasks_app.call_page.waveform import PIECES, measure
from tasks_app.call_page.words import STATE_BADGES, STATE_WORDS, clock, in_seconds
from tasks_app.models import Analysis
from tasks_app.templatetags.money import dollars
from telephony.events import EventType
from telephony.lifecycle import State
from telephony.transcript import TranscriptTurn, Word
from tests.test_docs import events_shown

pytestmark = pytest.mark.unit

ZERO = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)
NOW = ZERO + dt.timedelta(seconds=72.4)


@pytest.mark.parametrize("type_", list(EventType))
def test_each_documented_event_is_a_line_or_part_of_the_transcript(type_: EventType) -> None:
    shown = line(1, type_, events_shown()[type_][1]["data"], NOW, ZERO)
    if type_ in NOT_SHOWN or type_ == EventType.TOOL_CALL:  # its example is a new strategy, told by itself
        assert shown is None
    else:
        assert shown is not None
        assert shown.kind != "other"
        assert shown.text
        assert shown.glyph


def test_every_state_has_words_and_a_badge() -> None:
    assert set(STATE_WORDS) == set(STATE_BADGES) == set(State)


def test_an_event_of_a_later_version_is_shown_by_its_name() -> None:
    shown = line(1, "callee_transferred", {"to": "sales"}, NOW, ZERO)
    assert shown is not None
    assert (shown.kind, shown.text, shown.detail) == ("other", "Callee transferred", '{"to": "sales"}')


def test_a_line_stands_at_its_moment_on_the_call_clock() -> None:
    barge_in = {"turn": 2, "at_ms": 12_891, "heard_ms": 1240, "dropped_ms": 2860}
    told = line(1, "barge_in", barge_in, NOW, ZERO)
    noticed = line(2, "dtmf", {"digit": "1"}, NOW, ZERO)
    before = line(3, "call_status", {"state": "ringing"}, ZERO - dt.timedelta(seconds=3), ZERO)
    assert [one and (one.at_ms, one.moment) for one in (told, noticed, before)] == [
        (12_891, "0:12"),
        (72_400, "1:12"),
        (None, ""),
    ]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"action": "say", "text": "Hello?"}, "alice had the agent say “Hello?”"),
        ({"action": "dtmf", "digits": "12#"}, "alice pressed 12#"),
        ({"action": "mute"}, "alice muted the agent"),
        ({"action": "say", "text": "Hi", "result": "refused"}, "Refused: alice had the agent say “Hi”"),
    ],
)
def test_a_person_who_acts_is_named(action: dict[str, str], words: str) -> None:
    shown = line(1, "operator_action", {"by": "alice", "result": "ok", "detail": ""} | action, NOW, ZERO)
    assert shown is not None
    assert (shown.kind, shown.text) == ("operator", words)


def turn(number: int, speaker: str, start_ms: int, end_ms: int, **more: object) -> TranscriptTurn:
    return TranscriptTurn(number, speaker, "One two three", start_ms, end_ms, **more)  # type: ignore[arg-type]


def test_words_that_were_not_heard_are_told_apart() -> None:
    heard, cut, sounding, meant = shown_turns(
        [
            turn(1, "agent", 0, 900),
            turn(2, "agent", 0, 900, heard=0.4, heard_text="One"),
            turn(3, "agent", 0, 900, heard=0.0, heard_text="", final=False),
            turn(4, "agent", 0, 900, heard=0.5, heard_text="Uno"),
        ]
    )
    assert [(one.heard, one.unheard, one.state) for one in (heard, cut, sounding, meant)] == [
        ("One two three", "", "heard"),
        ("One", " two three", "cut"),
        ("", "One two three", "sounding"),
        ("Uno", "One two three", "cut"),
    ]


def test_a_quote_leads_to_its_first_word() -> None:
    words = tuple(
        Word(word, 4000 + 500 * n, 4400 + 500 * n, 0.9) for n, word in enumerate(("One", "two", "three"))
    )
    known, unknown = turn(1, "caller", 4000, 6000, words=words), turn(2, "agent", 7000, 9000)
    evidence = [
        {"turn": 1, "quote": "two three", "start_ms": 4000},
        {"turn": 1, "quote": "One … three", "start_ms": 4000},
        {"turn": 2, "quote": "two three", "start_ms": 7000},
        {"turn": 9, "quote": "two", "start_ms": 1},
    ]
    analysis = Analysis(state=Analysis.State.READY, verdict={"evidence": evidence})
    shown = shown_verdict([analysis], [known, unknown])
    assert shown is not None
    assert [proof.start_ms for proof in shown.proof] == [4500, 4000, 7000, 1]


def test_only_an_answer_of_the_agent_has_a_wait() -> None:
    turns = [
        turn(1, "caller", 0, 1000),
        turn(2, "agent", 1620, 3000),
        turn(3, "agent", 3100, 4000),
        turn(4, "caller", 4500, 6000),
        turn(5, "agent", 5900, 7000),
    ]
    assert [one.answered_ms for one in shown_turns(turns)] == [None, 620, None, None, 0]


def test_what_was_never_heard_answers_nothing() -> None:
    turns = [
        turn(1, "caller", 0, 1000),
        turn(2, "agent", 1470, 3000, heard=0.0, heard_text=""),
        turn(3, "agent", 4000, 5000),
    ]
    assert [one.answered_ms for one in shown_turns(turns)] == [None, None, 3000]
    begun = turn(2, "agent", 1470, 3000, heard=0.0, heard_text="", final=False)
    assert [one.answered_ms for one in shown_turns([turns[0], begun])] == [None, 470]


def test_the_chart_has_a_bar_for_each_answer_as_high_as_its_wait() -> None:
    turns = [
        turn(1, "caller", 0, 1000),
        turn(2, "agent", 1500, 2000),
        turn(3, "caller", 2500, 3000),
        turn(4, "agent", 5000, 6000),
    ]
    chart = latency_chart(shown_turns(turns))
    assert chart is not None
    fast, slow = chart.bars
    assert (slow.height, slow.y) == (PLOT_HEIGHT, TOP)
    assert fast.height == PLOT_HEIGHT / 4
    assert (fast.is_slow, slow.is_slow) == (False, True)
    assert (chart.median, chart.slowest) == ("1.2 s", "2.0 s")
    assert slow.words == "Turn 4 at 0:05: 2.0 s"
    assert latency_chart(shown_turns(turns[:1])) is None


def test_times_are_short_and_plain() -> None:
    assert [clock(ms) for ms in (0, 59_999, 3_600_000)] == ["0:00", "0:59", "1:00:00"]
    assert [in_seconds(ms) for ms in (250, 1240, 34_300)] == ["0.25 s", "1.2 s", "34 s"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "$0.00"), ("12.344", "$12.34"), ("0.014", "$0.0140"), ("0.00001", "< $0.0001")],
)
def test_small_amounts_have_the_same_decimals(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_a_waveform_has_the_loudest_sample_of_each_side(tmp_path: Path) -> None:
    path = tmp_path / "mixed.wav"
    silent, loud, soft = (sample.to_bytes(2, "little") for sample in (0, 32767, 1280))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((loud + silent) * 8000 + (silent + soft) * 8000)
    shape = measure(path)
    assert shape.duration_ms == 2000
    half = PIECES // 2
    assert (shape.caller, shape.agent) == ([255] * half + [0] * half, [0] * half + [10] * half)
