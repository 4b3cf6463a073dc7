"""The rules of a live call, fed with events and times."""

from __future__ import annotations

import pytest

from telephony.bridge import Bridge, Link
from telephony.deepgram import messages as dg
from telephony.effects import (
    AudioToAgent,
    Begin,
    Configure,
    Measure,
    PlayAudio,
    PressKeys,
    RecordAgent,
    SaveTurn,
    SendClear,
    SendMark,
    ToAgent,
)
from telephony.events import EventType, TurnState
from telephony.held import HELD_FRAMES
from telephony.so_far import SoFar
from telephony.tool_calls import PRESSED
from tests.telephony.bridged_call import NO_LIMITS, OPENING, Call, talking_call
from tests.telephony.sounds import numbered, silence, voice

pytestmark = pytest.mark.unit


@pytest.fixture
def call() -> Call:
    return Call()


@pytest.fixture
def talking() -> Call:
    return talking_call()


def test_settings_wait_for_the_hello_and_the_hello_is_not_forwarded(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.hear(voice(400) + silence(400))
    assert call.of(Configure) == []
    call.hear(silence(200))
    assert call.of(Configure) == [Configure(Begin.GREET)]
    call.hear(silence(100))
    assert call.of(AudioToAgent) == []
    call.agent(dg.SettingsApplied())
    assert len(call.of(AudioToAgent)) in range(5, 11)  # what came while Settings were on their way
    assert call.bridge.link is Link.READY


def test_a_long_greeting_is_released_to_the_agent_that_listens_first(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    sound = voice(3000)
    call.hear(sound)
    assert call.of(Configure) == [Configure(Begin.LISTEN)]
    call.agent(dg.SettingsApplied())
    assert b"".join(e.audio for e in call.of(AudioToAgent)) == sound


def test_a_decision_that_falls_before_the_agent_is_there_waits_for_it(call: Call) -> None:
    call.hear(silence(2100))
    assert call.of(Configure) == []
    call.agent(dg.Welcome("r"))
    assert call.of(Configure) == [Configure(Begin.GREET)]


def test_held_audio_is_bounded(call: Call) -> None:
    call.hear(voice(9000))
    call.agent(dg.Welcome("r"), dg.SettingsApplied())
    assert len(call.of(AudioToAgent)) == HELD_FRAMES


def test_agent_audio_goes_out_as_it_comes_with_marks(talking: Call) -> None:
    talking.speak("Is there a better price?", 900)
    assert [e.audio for e in talking.of(PlayAudio)] == [numbered(7200)]
    assert len(talking.of(SendMark)) == 1  # 900 ms in one piece: one mark covers it and its end
    talking.hear(silence(900))
    talking.echo_marks()
    talking.hear(silence(600))
    recorded = b"".join(e.placed.audio for e in talking.of(RecordAgent))
    assert recorded.endswith(numbered(7200))


def test_barge_in_clears_drops_late_audio_and_says_what_was_heard(talking: Call) -> None:
    talking.speak("We can pay sixty dollars and not a single dollar more than that.", 3000, done=False)
    talking.hear(silence(1000))
    talking.effects.clear()
    effects = talking.agent(dg.UserStartedSpeaking())
    assert isinstance(effects[0], SendClear)
    (turn,) = [e.turn for e in talking.of(SaveTurn)]
    assert turn.final
    assert "We can pay" in turn.heard_text
    assert "more than that" not in turn.heard_text
    (barge_in,) = talking.notes(EventType.BARGE_IN)
    assert barge_in["dropped_ms"] == pytest.approx(2000, abs=25)
    assert talking.do(talking.bridge.agent_audio(bytes(800), talking.now_ms)) == []
    talking.agent(dg.AgentAudioDone())
    assert talking.do(talking.bridge.agent_audio(bytes(800), talking.now_ms)) == []
    talking.agent(dg.ConversationText("user", "Hold on."))
    assert talking.do(talking.bridge.agent_audio(bytes(800), talking.now_ms))[0] == PlayAudio(bytes(800))


def test_how_long_an_answer_takes_is_measured_until_it_is_sent_and_until_it_is_heard(talking: Call) -> None:
    talking.hear(voice(600) + silence(700))
    talking.agent(dg.UserStartedSpeaking(), dg.ConversationText("user", "How much is it?"))
    talking.speak("Sixty dollars.", 1000)
    [sent] = talking.of(Measure)
    assert sent.action == "answer_latency"
    assert sent.duration_ms == pytest.approx(700, abs=50)
    talking.hear(silence(600))
    assert talking.of(Measure) == [sent], "nothing was confirmed yet"
    mark = talking.of(SendMark)[0]
    talking.do(talking.bridge.mark_echoed(mark.name, talking.now_ms))
    heard = talking.of(Measure)[1]
    assert heard.action == "heard_latency"
    assert heard.duration_ms >= sent.duration_ms
    talking.echo_marks()
    talking.hear(silence(1000))
    assert len(talking.of(Measure)) == 2


def test_an_answer_that_was_cut_off_before_it_was_heard_has_no_such_measure(talking: Call) -> None:
    talking.hear(voice(600) + silence(700))
    talking.agent(dg.ConversationText("user", "How much is it?"))
    talking.speak("Sixty dollars.", 1000, done=False)
    talking.agent(dg.UserStartedSpeaking())
    talking.echo_marks()
    talking.hear(silence(2000))
    assert [measure.action for measure in talking.of(Measure)] == ["answer_latency"]


def test_a_lost_event_mutes_the_agent_for_a_moment_only(talking: Call) -> None:
    talking.speak("Hello.", 3000, done=False)
    talking.agent(dg.UserStartedSpeaking())
    talking.hear(silence(1600))
    assert talking.do(talking.bridge.agent_audio(bytes(800), talking.now_ms))[0] == PlayAudio(bytes(800))


def test_speech_while_nobody_speaks_is_no_barge_in(talking: Call) -> None:
    talking.agent(dg.UserStartedSpeaking())
    assert talking.of(SendClear) == []
    assert talking.notes(EventType.BARGE_IN) == []
    assert talking.do(talking.bridge.agent_audio(bytes(800), talking.now_ms))[0] == PlayAudio(bytes(800))


def test_a_function_is_run_once_and_always_answered(talking: Call) -> None:
    strategy = dg.FunctionCall("f1", "update_strategy", {"strategy": "ask for a manager"})
    talking.agent(dg.FunctionCallRequest((strategy, dg.FunctionCall("f2", "fly", {}))))
    talking.agent(dg.FunctionCallRequest((strategy,)))
    assert [e.message["id"] for e in talking.of(ToAgent)] == ["f1", "f2", "f1"]
    assert talking.notes(EventType.STRATEGY_UPDATE) == [{"strategy": "ask for a manager", "reason": ""}]
    assert "no such function" in talking.of(ToAgent)[1].message["content"]


def test_an_agent_that_does_not_say_what_it_is_is_corrected(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.hear(voice(3000))
    call.agent(dg.SettingsApplied(), dg.ConversationText("user", "Welcome to Acme. Who is there?"))
    effects = call.agent(dg.ConversationText("assistant", "Hi, it is Bob."))
    (injected,) = [e.message for e in effects if isinstance(e, ToAgent)]
    assert injected == {"type": "InjectAgentMessage", "message": OPENING, "behavior": "interrupt"}
    assert any(isinstance(e, SendClear) for e in effects)
    assert call.do(call.bridge.agent_audio(bytes(80), call.now_ms)) == []
    call.speak(OPENING, 1000)
    call.hear(silence(1100))
    assert "AI assistant" in call.of(SaveTurn)[-1].turn.heard_text
    call.agent(dg.ConversationText("user", "All right."))
    assert not [e for e in call.speak("So about the bill.", 500) if isinstance(e, ToAgent)]


def test_an_opening_that_was_cut_off_is_said_again(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.hear(silence(2100))
    call.agent(dg.SettingsApplied())
    call.speak(OPENING, 5000)
    call.hear(voice(200))
    call.agent(dg.UserStartedSpeaking(), dg.ConversationText("user", "What?"))
    effects = call.agent(dg.ConversationText("assistant", "I said, about a bill."))
    assert [e.message["message"] for e in effects if isinstance(e, ToAgent)] == [OPENING]


def test_an_answer_after_a_cough_is_a_turn_like_any_other(talking: Call) -> None:
    talking.agent(dg.ConversationText("user", "My account is four two."), dg.UserStartedSpeaking())
    talking.hear(silence(2500))
    talking.effects.clear()
    talking.speak("Thank you.", 500)
    assert [turn.turn.text for turn in talking.of(SaveTurn)][-1] == "Thank you."
    assert talking.of(PlayAudio)


def test_an_answer_that_was_taken_back_before_its_first_byte_is_not_heard(talking: Call) -> None:
    talking.agent(dg.ConversationText("user", "My account is"), dg.UserStartedSpeaking())
    talking.do(talking.bridge.agent_audio(numbered(1600), talking.now_ms))
    assert talking.of(PlayAudio) == []
    talking.agent(dg.ConversationText("user", "four two."))
    talking.speak("Thank you.", 500)
    assert [effect.audio for effect in talking.of(PlayAudio)] == [numbered(4000)]


def test_keys_are_pressed_once_and_answered_when_they_were(talking: Call) -> None:
    press = dg.FunctionCall("k1", "press_keys", {"keys": "2w#"})
    effects = talking.agent(dg.FunctionCallRequest((press, press)))
    assert effects == [PressKeys(press, "2w#")]
    talking.do(talking.bridge.keys_pressed(press, ok=True))
    assert [e.message["content"] for e in talking.of(ToAgent)] == [PRESSED]
    told = talking.notes(EventType.TOOL_CALL)
    assert [(note["arguments"], note["ok"]) for note in told] == [({"keys": "2w#"}, True)]


def test_keys_are_pressed_one_answer_at_a_time(talking: Call) -> None:
    calls = tuple(dg.FunctionCall(f"k{key}", "press_keys", {"keys": key}) for key in "12")
    talking.agent(dg.FunctionCallRequest(calls))
    assert talking.of(PressKeys) == [PressKeys(calls[0], "1")]
    assert [e.message["content"][:5] for e in talking.of(ToAgent)] == ["Error"]
    assert [note["ok"] for note in talking.notes(EventType.TOOL_CALL)] == [False]


def test_an_agent_that_came_meanwhile_is_not_told_of_keys(talking: Call) -> None:
    press = dg.FunctionCall("k1", "press_keys", {"keys": "2"})
    talking.agent(dg.FunctionCallRequest((press,)))
    talking.do(talking.bridge.agent_lost("closed", talking.now_ms))
    talking.do(talking.bridge.keys_pressed(press, ok=True))
    assert talking.of(ToAgent) == []


@pytest.mark.parametrize("keys", ["", "call me", "1" * 33, None])
def test_what_is_no_key_is_not_pressed(talking: Call, keys: str | None) -> None:
    effects = talking.agent(dg.FunctionCallRequest((dg.FunctionCall("k1", "press_keys", {"keys": keys}),)))
    assert [e.message["content"][:5] for e in effects if isinstance(e, ToAgent)] == ["Error"]


def test_between_two_streams_the_agent_hears_silence_and_waits_to_be_heard(talking: Call) -> None:
    talking.speak("One moment.", 2000)
    talking.hear(silence(500))
    talking.effects.clear()
    talking.do(talking.bridge.stream_lost(talking.now_ms))
    assert [e.turn.final for e in talking.of(SaveTurn)] == [True]
    for _ in range(20):
        talking.now_ms += 50
        talking.do(talking.bridge.tick(talking.now_ms))
    assert sum(len(e.audio) for e in talking.of(AudioToAgent)) == pytest.approx(8000, abs=400)
    talking.agent(dg.ConversationText("assistant", "I am an AI assistant calling on behalf of Ada."))
    assert talking.do(talking.bridge.agent_audio(numbered(800), talking.now_ms)) == []
    talking.agent(dg.AgentAudioDone())
    talking.do(talking.bridge.stream_attached(talking.now_ms))
    assert talking.of(PlayAudio)[-1] == PlayAudio(numbered(800))
    talking.hear(silence(200))
    assert talking.of(SaveTurn)[-1].turn.heard_text == "I am an AI assistant calling on behalf of Ada."


def test_a_call_that_another_process_held_goes_on_without_a_greeting() -> None:
    call = Call()
    turn = TurnState(number=7, speaker="agent", text=OPENING, start_ms=0, end_ms=1, heard_text=OPENING)
    call.bridge = Bridge(opening_line=OPENING, limits=NO_LIMITS, before=SoFar([turn]))
    call.agent(dg.Welcome("r"))
    assert call.of(Configure) == [Configure(Begin.RESUME)]
    call.agent(dg.SettingsApplied(), dg.ConversationText("user", "Hello again."))
    assert call.of(SaveTurn)[0].turn.number == 8
    assert not [e for e in call.speak("So, the bill.", 500) if isinstance(e, ToAgent)]


def test_the_agent_is_kept_alive_while_no_audio_comes(talking: Call) -> None:
    talking.now_ms += 5100
    talking.do(talking.bridge.tick(talking.now_ms))
    assert talking.of(ToAgent)[-1].message == {"type": "KeepAlive"}
