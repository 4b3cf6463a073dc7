"""The terminal's view of a call, from messages of the feed."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.call_view import CallView

pytestmark = pytest.mark.unit


def turn(number: int, speaker: str, text: str, **more: Any) -> dict[str, Any]:
    return {"turn": number, "speaker": speaker, "text": text, "start_ms": 1500, "final": True, **more}


def lines(*messages: dict[str, Any]) -> list[str]:
    view = CallView()
    return [" ".join(line.split()) for message in messages for line in view.lines(message)]


def test_a_call_is_told_in_order() -> None:
    assert lines(
        {"type": "snapshot", "data": {"call": None, "turns": []}},
        {"type": "call_status", "data": {"state": "in_progress"}},
        {"type": "transcript_update", "data": turn(1, "agent", "Hello.")},
        {"type": "transcript_update", "data": turn(2, "caller", "Who is this?")},
        {"type": "call_status", "data": {"state": "completed", "ended_reason": "agent_ended"}},
    ) == [
        "in progress",
        "1.5 s agent Hello.",
        "1.5 s callee Who is this?",
        "completed",
        "how it ended: agent_ended",
    ]


def test_a_turn_shows_when_it_is_final_and_once() -> None:
    unfinished = {"type": "transcript_update", "data": turn(1, "agent", "Hel", final=False)}
    finished = {"type": "transcript_update", "data": turn(1, "agent", "Hello.")}
    assert lines(unfinished, finished, finished) == ["1.5 s agent Hello."]


def test_what_was_not_heard_is_told() -> None:
    cut = turn(1, "agent", "I would like to ask", heard=0.4, heard_text="I would")
    assert lines({"type": "transcript_update", "data": cut}) == [
        "1.5 s agent I would like to ask (heard: 'I would')"
    ]


def test_a_snapshot_after_a_reconnection_repeats_nothing() -> None:
    snapshot = {
        "type": "snapshot",
        "data": {
            "call": {"state": "in_progress"},
            "turns": [
                {"number": 1, "speaker": "agent", "text": "Hello.", "start_ms": 0},
                {"number": 2, "speaker": "caller", "text": "Hi.", "start_ms": 900},
            ],
        },
    }
    status = {"type": "call_status", "data": {"state": "in_progress"}}
    assert lines(status, snapshot, snapshot) == ["in progress", "0.0 s agent Hello.", "0.9 s callee Hi."]


@pytest.mark.parametrize("state", ["completed", "busy", "no_answer", "failed", "canceled"])
def test_it_knows_when_a_call_is_over(state: str) -> None:
    view = CallView()
    view.lines({"type": "call_status", "data": {"state": "ending"}})
    assert not view.ended
    view.lines({"type": "call_status", "data": {"state": state, "ended_reason": "x"}})
    assert (view.ended, view.ended_reason) == (True, "x")


def test_keys_of_both_sides_and_what_broke_are_told() -> None:
    assert lines(
        {"type": "tool_call", "data": {"name": "press_keys", "arguments": {"keys": "2"}}},
        {"type": "dtmf", "data": {"digit": "#"}},
        {"type": "agent", "data": {"status": "ready", "detail": ""}},
        {"type": "agent", "data": {"status": "error", "detail": "Deepgram closed"}},
        {"type": "stream", "data": {"status": "lost"}},
        {"type": "stop_requested", "data": {"by": "owner"}},
    ) == [
        "[presses 2]",
        "(the callee pressed #)",
        "(voice agent: Deepgram closed)",
        "(audio connection: lost)",
        "(asked to stop)",
    ]


def test_what_it_does_not_know_is_passed_over() -> None:
    assert lines({"type": "audio_level", "data": {"caller": 0.5}}, {"type": "new"}, {}) == []
