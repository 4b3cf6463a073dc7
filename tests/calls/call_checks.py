"""What was said, heard and recorded in a call, in a form that can be compared."""

from __future__ import annotations

import asyncio
import audioop
import re
from typing import Any

from tests.calls import stack as calls
from tests.calls.stack import PlacedCall, Stack

BYTES_PER_MS = 8
"""Of mu-law on the telephone; a recording's 16-bit sound has twice as many."""


OFF_BY_MS = 40
"""How far a stretch of the agent's track may be from when it was heard."""

CUT_MS = 60
"""How far its end may be from where a barge-in cut it."""


HANG_UP_MS = 500
"""How much a busy machine may need to hang up."""

ON_TIME_MS = 20
"""The simulator keeps time while no frame of it is later than one frame."""


def final_turns(call: PlacedCall) -> list[dict[str, Any]]:
    """The turns as they were in the end."""
    return [turn for turn in call.of("transcript_update") if turn["final"]]


def words(text: str) -> list[str]:
    """Its words, whatever their case and punctuation."""
    return re.findall(r"[a-z0-9$']+", text.lower())


def linear(mulaw: bytes) -> bytes:
    """The sound as 16-bit samples."""
    return audioop.ulaw2lin(mulaw, 2)


def recorded(stack: Stack, call: PlacedCall, side: str) -> bytes:
    """One mono track, 16-bit."""
    channels, frames = asyncio.run(calls.wav(stack, call.task["id"], side))
    assert channels == 1
    return frames


def alignment(stack: Stack, call: PlacedCall) -> int:
    """How much later, in bytes of 16-bit sound, our clock shows things than the stream's timestamps do."""
    inbound = recorded(stack, call, "inbound")
    sent = linear(call.callee_said)
    first_ms: int = call.truth["streams"][0]["first_timestamp_ms"]
    return inbound.find(sent[: 2 * 8000]) - first_ms * 2 * BYTES_PER_MS


def sounding(frames: bytes) -> bytes:
    """The samples that are not silent."""
    return b"".join(frames[i : i + 2] for i in range(0, len(frames), 2) if frames[i : i + 2] != b"\0\0")


def same_but_for_its_end(ours: bytes, sent: bytes) -> None:
    """Assert that a track begins with what was sent; what came while we hung up may be silence, or not be there."""
    surely = len(sent) - 2 * HANG_UP_MS * BYTES_PER_MS
    if ours[:surely] != sent[:surely]:
        pairs = zip(ours, sent, strict=False)
        at = next((i for i, (our, their) in enumerate(pairs) if our != their), len(ours))
        raise AssertionError(
            f"it differs {at / 2 / BYTES_PER_MS} ms after its beginning of {len(sent) / 16} ms"
        )


def inbound_is_what_was_sent(stack: Stack, call: PlacedCall) -> None:
    """Assert that the caller's track is the callee's audio, byte for byte."""
    inbound, sent = recorded(stack, call, "inbound"), linear(call.callee_said)
    at = inbound.find(sent[: 2 * 8000])
    assert at >= 0
    same_but_for_its_end(inbound[at:], sent)


def outbound_is_what_was_heard(stack: Stack, call: PlacedCall, *, off_by_ms: int = OFF_BY_MS) -> None:
    """Assert that the agent's track is what the callee heard, when it was heard.

    Each stretch that the callee heard without a gap is looked for, as the simulator's playback clock has it: where
    the line starved for a frame, no mark can tell us, and the track has that frame's silence elsewhere.
    """
    outbound, heard = recorded(stack, call, "outbound"), linear(call.callee_heard)
    shift = alignment(stack, call)
    (stream,) = call.truth["streams"]
    assert stream["agent_runs"]
    for run in stream["agent_runs"]:
        late_ms = run["late_ms"] if run["late_ms"] > ON_TIME_MS else 0.0
        start = round(run["start_ms"] - stream["epoch_ms"]) * 2 * BYTES_PER_MS
        cut = round(CUT_MS + late_ms) * BYTES_PER_MS if run["cut"] else 0
        sound = heard[start : start + 2 * max(0, run["n_bytes"] - cut)]
        if late_ms:  # the telephone itself did not keep time, so no clock of ours can agree with its
            surely = sounding(sound)[: len(sound) // 4 * 2] if run["cut"] else sounding(sound)
            assert surely in sounding(outbound)
            continue
        expected, slack = start + shift, 2 * off_by_ms * BYTES_PER_MS
        found = outbound.find(sound, max(0, expected - slack), expected + slack + len(sound))
        assert found >= 0, (
            f"what was heard at {run['start_ms']} ms is not in the track within {off_by_ms} ms of that: "
            f"it is {(outbound.find(sound) - expected) / 2 / BYTES_PER_MS} ms off"
        )
    more = len(sounding(outbound)) - len(sounding(heard))
    late_ms = sum(run["late_ms"] for run in stream["agent_runs"] if run["cut"])
    assert abs(more) <= 2 * (CUT_MS * (1 + len(call.of("barge_in"))) + late_ms) * BYTES_PER_MS
