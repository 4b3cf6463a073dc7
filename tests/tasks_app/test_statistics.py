"""Numbers of a call that nobody judged."""

from __future__ import annotations

import pytest

from tasks_app.statistics import statistical_summary
from telephony.transcript import TranscriptTurn

pytestmark = pytest.mark.unit


def test_it_counts_and_does_not_judge() -> None:
    verdict = statistical_summary(
        [
            TranscriptTurn(1, "caller", "Hello?", 0, 1_000),
            TranscriptTurn(2, "agent", "Hi, I am an AI.", 1_400, 4_400, heard=0.5, heard_text="Hi, I"),
            TranscriptTurn(3, "caller", "Wait.", 3_000, 4_000),
            TranscriptTurn(4, "agent", "Yes?", 4_600, 5_600),
        ]
    )
    assert (verdict.outcome, verdict.score, verdict.evidence) == ("unknown", None, [])
    assert "not a judgement" in verdict.outcome_reasoning
    assert verdict.summary == (
        "Statistics only: 2 turns of the person called and 2 of the agent. The agent spoke 67 % of the time. "
        "It was interrupted once. It answered after 500 ms (median)."
    )
    assert verdict.details == {
        "kind": "statistics",
        "caller_turns": 2,
        "agent_turns": 2,
        "caller_talk_ms": 2_000,
        "agent_talk_ms": 4_000,
        "agent_talk_share_percent": 67,
        "interruptions": 1,
        "median_latency_ms": 500,
    }


def test_an_empty_call_has_nothing_to_divide_by() -> None:
    details = statistical_summary([]).details
    assert (details["agent_talk_share_percent"], details["median_latency_ms"]) == (None, None)
