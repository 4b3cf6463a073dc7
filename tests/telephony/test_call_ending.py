"""How a call ends: a goodbye that was heard, a silence, or the longest duration."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telephony.deepgram import messages as dg
from telephony.effects import HangUp, PlayAudio, RecordAgent, SaveTurn, SendClear, ToAgent
from telephony.ending import CLOSING, STILL_THERE, Limits
from tests.telephony.bridged_call import Call, listening_call, talking_call
from tests.telephony.sounds import numbered, silence, voice

pytestmark = pytest.mark.unit


@pytest.fixture
def talking() -> Call:
    return talking_call()


def test_the_call_ends_when_the_goodbye_was_heard(talking: Call) -> None:
    request = dg.FunctionCall("f1", "end_call", {"reason": "price agreed"})
    (answer,) = [e for e in talking.agent(dg.FunctionCallRequest((request,))) if isinstance(e, ToAgent)]
    assert answer.message["type"] == "FunctionCallResponse"
    talking.speak("Thank you, goodbye.", 1000)
    talking.hear(silence(900))
    assert talking.of(HangUp) == []
    talking.hear(silence(120))
    talking.echo_marks()
    assert talking.of(HangUp)[0] == HangUp("agent_ended", "price agreed")


@pytest.mark.parametrize("goodbye_ms", [0, 1000])
def test_a_goodbye_that_is_never_confirmed_does_not_keep_the_line_open(
    talking: Call, goodbye_ms: int
) -> None:
    talking.agent(dg.FunctionCallRequest((dg.FunctionCall("f1", "end_call", {}),)))
    if goodbye_ms:
        talking.speak("Goodbye.", goodbye_ms)
    talking.hear(silence(3200))
    assert talking.of(HangUp)[0].reason == "agent_ended"


def test_a_reply_that_was_being_sent_is_no_goodbye(talking: Call) -> None:
    talking.speak("That is good.", 3000, done=False)
    talking.hear(silence(200))
    talking.agent(dg.FunctionCallRequest((dg.FunctionCall("f1", "end_call", {}),)), dg.AgentAudioDone())
    talking.speak("Goodbye, and thank you very much.", 2000)
    talking.hear(silence(4500))
    assert talking.of(HangUp) == []
    talking.hear(silence(1600))
    assert talking.of(HangUp)


def test_an_agent_that_asks_has_changed_its_mind(talking: Call) -> None:
    talking.agent(dg.FunctionCallRequest((dg.FunctionCall("f1", "end_call", {}),)))
    talking.speak("Goodbye.", 3000, done=False)
    talking.hear(voice(200))
    talking.agent(dg.UserStartedSpeaking(), dg.ConversationText("user", "What was the price?"))
    talking.speak("Sixty dollars. Shall I repeat it?", 1000)
    talking.hear(silence(6000))
    assert talking.of(HangUp) == []


def test_a_cancelled_end_call_ends_nothing(talking: Call) -> None:
    talking.agent(dg.FunctionCallRequest((dg.FunctionCall("f1", "end_call", {}),)))
    talking.agent(dg.FunctionCallCancelled(("f1",)))
    talking.hear(silence(5000))
    assert talking.of(HangUp) == []


def until_ended(call: Call, seconds: int, then: Callable[[], object] = lambda: None) -> None:
    for _ in range(seconds):
        call.hear(silence(1000))
        then()


def test_silence_is_asked_about_once_and_then_ends_the_call() -> None:
    call = listening_call(Limits(duration_ms=1e9, silence_ms=10_000))
    until_ended(call, 11)
    injected = [e.message["message"] for e in call.of(ToAgent) if e.message["type"] == "InjectAgentMessage"]
    assert injected == [STILL_THERE, CLOSING]
    until_ended(call, 4)
    assert call.of(HangUp)[0].reason == "silence_timeout"


def test_a_goodbye_into_silence_is_played_from_its_first_byte() -> None:
    call = listening_call(Limits(duration_ms=1e9, silence_ms=10_000))
    until_ended(call, 11)
    call.do(call.bridge.agent_audio(numbered(1600), call.now_ms))  # before its text, on a busy server
    call.speak(CLOSING, 3000)
    assert [effect.audio for effect in call.of(PlayAudio)] == [numbered(1600), numbered(24_000)]


def test_after_the_closing_line_nothing_more_is_said() -> None:
    call = listening_call(Limits(duration_ms=6000, silence_ms=1e9))
    call.hear(silence(4000))
    call.speak(CLOSING, 3000)
    call.hear(voice(1000))
    call.agent(dg.UserStartedSpeaking(), dg.ConversationText("user", "Wait, one thing"), dg.AgentThinking())
    said = len(call.of(PlayAudio))
    call.speak("I appreciate that. Is sixty dollars possible?", 2000)
    assert len(call.of(PlayAudio)) == said
    call.hear(silence(3200))
    assert call.of(HangUp)[0].reason == "max_duration"


def test_a_reply_that_was_under_way_is_not_taken_for_the_closing_line() -> None:
    call = listening_call(Limits(duration_ms=6000, silence_ms=1e9))
    call.hear(silence(4000))
    call.speak("Are you still looking?", 500)
    call.hear(silence(300))
    call.effects.clear()
    call.speak(CLOSING, 3000)
    assert [effect.audio for effect in call.of(PlayAudio)] == [numbered(24_000)]
    call.hear(silence(4500))
    assert call.of(HangUp)[0].reason == "max_duration"


def test_the_longest_duration_ends_a_talking_call(talking: Call) -> None:
    call = listening_call(Limits(duration_ms=5000, silence_ms=1e9))
    call.hear(voice(3000))
    assert call.of(ToAgent)[-1].message["message"] == CLOSING
    call.hear(voice(3200))
    assert call.of(HangUp)[0].reason == "max_duration"


def test_without_an_agent_the_call_is_held_until_the_longest_duration() -> None:
    call = Call(limits=Limits(duration_ms=5000, silence_ms=1000), with_agent=False)
    call.hear(silence(4900))
    assert call.effects == []
    call.hear(silence(200))
    assert call.of(HangUp) == [HangUp("max_duration")] * len(call.of(HangUp))
    assert call.of(HangUp)


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        ("voicemail_left", "voicemail_left"),
        ("ivr_stuck", "ivr_stuck"),
        ("wrong_number", "agent_ended"),
        (5, "agent_ended"),
    ],
)
def test_the_agent_says_what_ends_the_call(talking: Call, situation: object, reason: str) -> None:
    end = dg.FunctionCall("f1", "end_call", {"reason": "r", "situation": situation})
    talking.agent(dg.FunctionCallRequest((end,)))
    talking.hear(silence(3100))
    assert talking.of(HangUp)[0].reason == reason


def test_what_was_not_played_at_the_end_was_not_heard(talking: Call) -> None:
    talking.speak("This sentence is cut by the end of the call.", 3000)
    talking.hear(silence(1000))
    talking.effects.clear()
    talking.do(talking.bridge.finish(talking.now_ms))
    assert talking.of(SendClear), "the phone would go on playing for as long as the hang-up takes"
    (turn,) = [e.turn for e in talking.of(SaveTurn)]
    assert 0.1 < turn.heard < 0.6
    assert sum(len(e.placed.audio) for e in talking.of(RecordAgent)) <= 8 * 1000
