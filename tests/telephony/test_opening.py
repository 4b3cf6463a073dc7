"""When the agent may speak first."""

from __future__ import annotations

import pytest

from telephony.opening import Decision, Opening
from telephony.voice_activity import VoiceActivity
from tests.telephony.sounds import silence, voice

pytestmark = pytest.mark.unit


def decided(sound: bytes) -> tuple[Decision | None, float]:
    """The decision, and after how many ms of `sound` it fell."""
    activity = VoiceActivity()
    opening = Opening(activity)
    for start in range(0, len(sound), 160):
        activity.feed(sound[start : start + 160], start / 8)
        now_ms = (start + 160) / 8
        if (decision := opening.decide(now_ms)) is not None:
            return decision, now_ms
    return None, len(sound) / 8


@pytest.mark.parametrize(
    ("sound", "decision", "at_ms"),
    [
        (silence(3000), Decision.GREET, 2000),
        (silence(300) + voice(700) + silence(2000), Decision.GREET, 1500),
        (silence(1900) + voice(300) + silence(2000), Decision.GREET, 2700),
        (voice(400) + silence(300) + voice(400) + silence(2000), Decision.GREET, 1600),
        (silence(200) + voice(6000), Decision.LISTEN, 2700),
        (silence(100) + (voice(900) + silence(300)) * 5, Decision.LISTEN, 2600),
        (silence(500) + voice(40) + silence(3000), Decision.GREET, 2000),  # a click is no hello
    ],
    ids=["nobody", "hello", "late hello", "hello with a breath", "long", "menu", "click"],
)
def test_the_agent_is_let_in(sound: bytes, decision: Decision, at_ms: float) -> None:
    found, found_ms = decided(sound)
    assert found is decision
    assert found_ms == pytest.approx(at_ms, abs=20)


def test_it_decides_only_once() -> None:
    opening = Opening(VoiceActivity())
    assert opening.decide(2000) is Decision.GREET
    assert opening.decide(5000) is None


def test_audio_that_is_late_is_not_quiet() -> None:
    activity = VoiceActivity()
    opening = Opening(activity)
    hello = voice(400)
    for start in range(0, len(hello), 160):
        activity.feed(hello[start : start + 160], start / 8)
    assert opening.decide(1500) is None  # what comes next may be the rest of a long greeting
    activity.feed(silence(500), 400)
    assert opening.decide(1500) is Decision.GREET
