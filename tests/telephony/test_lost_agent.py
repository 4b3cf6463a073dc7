"""An agent that is gone, or as good as gone: when it is noticed, how long one tries, and what the next one says."""

from __future__ import annotations

import pytest

from telephony.beginning import LINE_BROKE_UP, SAY_AGAIN
from telephony.deepgram import messages as dg
from telephony.effects import Apologise, AudioToAgent, Begin, Configure, DropAgent, Effect, Reconnect, ToAgent
from tests.telephony.bridged_call import Call, talking_call
from tests.telephony.sounds import silence, voice

pytestmark = pytest.mark.unit


@pytest.fixture
def call() -> Call:
    return Call()


@pytest.fixture
def talking() -> Call:
    return talking_call()


def lose(
    call: Call, detail: str = "closed", *, permanent: bool = False, was_silent: bool = False
) -> list[Effect]:
    return call.do(call.bridge.agent_lost(detail, call.now_ms, permanent=permanent, was_silent=was_silent))


def reconnect(call: Call) -> None:
    call.agent(dg.Welcome("r"), dg.SettingsApplied())


def test_a_recogniser_that_notices_speech_and_understands_none_is_replaced(talking: Call) -> None:
    talking.hear(voice(600))
    talking.agent(dg.UserStartedSpeaking())
    talking.hear(voice(600) + silence(200))
    talking.agent(dg.LatencyReport({"stt_latency": 0.1}))
    talking.hear(silence(5000))
    assert talking.of(DropAgent) == [DropAgent()]


def test_after_a_silence_that_was_the_dead_agents_there_is_one_more_try(talking: Call) -> None:
    talking.hear(silence(5000))  # pings have just told that nobody is there
    assert lose(talking, was_silent=True)[-1] == Reconnect(200.0)
    talking.hear(silence(3200))  # nobody answers
    assert lose(talking, was_silent=True)[-1] == Apologise("error.deepgram", "closed")


def test_an_agent_that_was_there_a_moment_ago_is_worth_two_tries(talking: Call) -> None:
    talking.hear(silence(5000))
    talking.agent(dg.ConversationText("user", "Well?"))
    assert lose(talking, was_silent=True)[-1] == Reconnect(200.0)
    talking.hear(silence(3200))
    assert lose(talking, was_silent=True)[-1] == Reconnect(800.0)


def test_an_agent_that_closed_in_a_quiet_moment_is_worth_two_tries(talking: Call) -> None:
    talking.hear(silence(5000))
    assert lose(talking)[-1] == Reconnect(200.0)
    talking.hear(silence(600))
    assert lose(talking)[-1] == Reconnect(800.0)


def test_what_was_asked_meanwhile_is_answered_instead_of_asked_for_again(talking: Call) -> None:
    talking.agent(dg.ConversationText("user", "And your account number?"))
    lose(talking)
    talking.hear(silence(1000) + voice(500) + silence(200))
    reconnect(talking)
    assert talking.of(AudioToAgent)
    assert talking.of(ToAgent) == []


@pytest.mark.parametrize("meanwhile", [silence(1700), silence(1000) + voice(200) + silence(500)])
def test_who_was_left_without_an_answer_is_asked_to_say_it_again(talking: Call, meanwhile: bytes) -> None:
    talking.agent(dg.ConversationText("user", "And your account number?"))
    lose(talking)
    talking.hear(meanwhile)
    reconnect(talking)
    assert talking.of(ToAgent)[-1].message["message"] == SAY_AGAIN


def test_words_of_which_only_the_end_was_held_are_asked_for_again(talking: Call) -> None:
    talking.hear(voice(500))
    talking.agent(dg.ConversationText("user", "And your"))
    lose(talking)
    talking.hear(voice(500) + silence(300))
    reconnect(talking)
    assert talking.of(ToAgent)[-1].message["message"] == SAY_AGAIN


def test_a_lost_agent_is_replaced_and_goes_on_from_there(talking: Call) -> None:
    talking.agent(dg.ConversationText("user", "And your account number?"))
    assert any(isinstance(effect, Reconnect) for effect in lose(talking))
    talking.hear(voice(200))
    reconnect(talking)
    assert talking.of(Configure) == [Configure(Begin.RESUME)]
    assert list(talking.bridge.conversation.history)[-1] == ("caller", "And your account number?")
    assert len(talking.of(AudioToAgent)) == 10  # what was said meanwhile is heard
    assert talking.of(ToAgent)[-1].message["message"] == SAY_AGAIN


def test_an_agent_lost_after_its_own_words_says_nothing_new(talking: Call) -> None:
    lose(talking)
    reconnect(talking)
    assert talking.of(ToAgent) == []


def test_a_greeting_that_was_lost_is_given_by_the_next_agent(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.hear(silence(2100))
    call.agent(dg.SettingsApplied())
    lose(call)
    reconnect(call)
    assert call.of(Configure) == [Configure(Begin.GREET)] * 2


def test_an_agent_lost_in_the_middle_of_a_sentence_says_that_the_line_broke_up(talking: Call) -> None:
    talking.speak("As I was saying, the price is", 1000, done=False)
    lose(talking)
    talking.hear(silence(1500))
    reconnect(talking)
    assert talking.of(ToAgent)[-1].message["message"] == LINE_BROKE_UP


def test_the_third_loss_is_the_last(talking: Call) -> None:
    for _ in range(2):
        lose(talking)
        reconnect(talking)
        talking.hear(silence(8000))
    assert lose(talking, "broke")[-1] == Apologise("error.deepgram", "broke")


@pytest.mark.parametrize("code", ["INVALID_SETTINGS", "UNPARSABLE_CLIENT_MESSAGE"])
def test_an_error_that_would_come_again_is_final(talking: Call, code: str) -> None:
    assert talking.agent(dg.AgentError(code, "d")) == [DropAgent()]
    assert lose(talking)[-1] == Apologise("error.deepgram", code)


def test_a_failed_model_is_named(talking: Call) -> None:
    for _ in range(3):
        talking.agent(dg.AgentError("FAILED_TO_THINK", "no model"))
        lose(talking)
        reconnect(talking)
    assert talking.of(Apologise) == [Apologise("error.llm", "FAILED_TO_THINK: no model")]


def test_an_agent_that_cannot_be_reached_does_not_leave_the_callee_in_silence(call: Call) -> None:
    call.now_ms = 5600
    assert lose(call, "cannot be reached")[-1] == Apologise("error.deepgram", "cannot be reached")


def test_a_refused_key_is_final(call: Call) -> None:
    assert lose(call, "bad key", permanent=True)[-1] == Apologise("error.deepgram", "bad key")


def test_an_agent_that_hears_nothing_any_more_is_replaced(talking: Call) -> None:
    talking.hear(voice(1200) + silence(4900))
    assert talking.of(DropAgent) == []
    talking.hear(silence(300))
    assert talking.of(DropAgent) == [DropAgent()]


def test_a_cough_is_no_reason_to_replace_the_agent(talking: Call) -> None:
    talking.hear(voice(400) + silence(9000))
    assert talking.of(DropAgent) == []


def test_an_agent_that_does_not_take_its_settings_is_replaced(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.hear(silence(2100))
    call.hear(voice(2800))
    assert call.of(DropAgent) == []
    call.hear(voice(300))
    assert call.of(DropAgent) == [DropAgent()]


def test_a_slow_agent_that_has_heard_is_not_replaced(talking: Call) -> None:
    talking.hear(voice(1500))
    talking.agent(dg.ConversationText("user", "Well?"))
    talking.hear(silence(9000))
    assert talking.of(DropAgent) == []


def test_the_longest_session_is_replaced_at_a_quiet_moment_and_costs_no_try(talking: Call) -> None:
    for _ in range(4):
        talking.speak("Let me think about that.", 1000)
        talking.agent(dg.AgentWarning("MAXIMUM_SESSION_LENGTH_APPROACHING", "5 minutes"))
        talking.hear(silence(900))
        assert talking.of(DropAgent) == []
        talking.hear(silence(300))
        assert talking.of(DropAgent)
        talking.effects.clear()
        assert lose(talking)[-1] == Reconnect(0.0)
        reconnect(talking)
        talking.effects.clear()
