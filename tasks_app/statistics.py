"""What can be counted in a call when nobody can judge it. Plain numbers, labelled as such."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from tasks_app.analysis import Verdict
from telephony.speaker import Speaker
from telephony.transcript import TranscriptTurn


def statistical_summary(turns: Sequence[TranscriptTurn]) -> Verdict:
    """Turns, talk share, interruptions and latency of a call. Its outcome is unknown and it has no score."""
    caller = [turn for turn in turns if turn.speaker == Speaker.CALLER]
    agent = [turn for turn in turns if turn.speaker == Speaker.AGENT]
    caller_ms, agent_ms = _talked_ms(caller), _talked_ms(agent)
    together_ms = caller_ms + agent_ms
    interruptions = sum(turn.heard < 1 for turn in agent)
    latencies_ms = [
        after.start_ms - before.end_ms
        for before, after in pairwise(turns)
        if (before.speaker, after.speaker) == (Speaker.CALLER, Speaker.AGENT)
        and after.start_ms >= before.end_ms
    ]
    share = round(100 * agent_ms / together_ms) if together_ms else None
    median_ms = round(statistics.median(latencies_ms)) if latencies_ms else None
    sentences = [
        f"Statistics only: {len(caller)} turns of the person called and {len(agent)} of the agent.",
        f"The agent spoke {share} % of the time." if share is not None else "",
        f"It was interrupted {interruptions} times." if interruptions != 1 else "It was interrupted once.",
        f"It answered after {median_ms} ms (median)." if median_ms is not None else "",
    ]
    return Verdict(
        summary=" ".join(sentence for sentence in sentences if sentence),
        outcome_reasoning="No language model is configured: these are counts, not a judgement.",
        details={
            "kind": "statistics",
            "caller_turns": len(caller),
            "agent_turns": len(agent),
            "caller_talk_ms": caller_ms,
            "agent_talk_ms": agent_ms,
            "agent_talk_share_percent": share,
            "interruptions": interruptions,
            "median_latency_ms": median_ms,
        },
    )


def _talked_ms(turns: Sequence[TranscriptTurn]) -> int:
    return sum(max(0, turn.end_ms - turn.start_ms) for turn in turns)
