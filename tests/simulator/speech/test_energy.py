"""Speech starts and ends where the energy says so, whatever the framing."""

from __future__ import annotations

import pytest

from simulator.energy import SpeechDetector, SpeechEvent

pytestmark = pytest.mark.unit

VOICE_20_MS = b"\x20\xa0" * 80
QUIET_20_MS = b"\xff" * 160


def audio(plan: list[tuple[str, int]]) -> bytes:
    """Audio from (voice or quiet, ms) pairs."""
    return b"".join((VOICE_20_MS if kind == "voice" else QUIET_20_MS) * (ms // 20) for kind, ms in plan)


@pytest.mark.parametrize(
    ("plan", "events"),
    [
        ([("quiet", 1000)], []),
        ([("quiet", 100), ("voice", 40), ("quiet", 500)], []),
        ([("quiet", 100), ("voice", 60)], [("started", 100)]),
        ([("quiet", 100), ("voice", 400), ("quiet", 280)], [("started", 100)]),
        ([("quiet", 100), ("voice", 400), ("quiet", 300)], [("started", 100), ("ended", 500)]),
        (
            [("voice", 400), ("quiet", 200), ("voice", 200), ("quiet", 300)],
            [("started", 0), ("ended", 800)],
        ),
        (
            [("voice", 200), ("quiet", 400), ("voice", 200), ("quiet", 400)],
            [("started", 0), ("ended", 200), ("started", 600), ("ended", 800)],
        ),
        ([("voice", 40), ("quiet", 40), ("voice", 60)], [("started", 80)]),
    ],
)
@pytest.mark.parametrize("frame_bytes", [33, 160, 4096])
def test_edges(plan: list[tuple[str, int]], events: list[tuple[str, float]], frame_bytes: int) -> None:
    detector = SpeechDetector(start_ms=60, end_quiet_ms=300)
    stream = audio(plan)

    found: list[SpeechEvent] = []
    for at in range(0, len(stream), frame_bytes):
        found += detector.feed(stream[at : at + frame_bytes])

    assert [(event.kind, event.at_ms) for event in found] == events
