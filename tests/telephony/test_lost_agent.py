"""An agent that is gone, or as good as gone: when it is noticed, how long one tries, and what the next one says."""

from __future__ import annotations

import pytest

from telephony.beginning import SAY_AGAIN
from telephony.deepgram import messages as dg
from telephony.effects import Apologise, AudioToAgent, DropAgent, Reconnect, ToAgent
from tests.telephony.bridged_call import Call, talking_call
from tests.telephony.sounds import silence, voice

pytestmark = pytest.mark.unit


@pytest.fixture
def talking() -> Call:
    return talking_call()


def lose(call: Call, *, was_silent: bool = True) -> object:
    return call.do(call.bridge.agent_lost("closed", call.now_ms, was_silent=was_silent))[-1]


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
    assert lose(talking) == Reconnect(200.0)
    talking.hear(silence(3200))  # nobody answers
    assert lose(talking) == Apologise("error.deepgram", "closed")


def test_an_agent_that_was_there_a_moment_ago_is_worth_two_tries(talking: Call) -> None:
    talking.hear(silence(5000))
    talking.agent(dg.ConversationText("user", "Well?"))
    assert lose(talking) == Reconnect(200.0)
    talking.hear(silence(3200))
    assert lose(talking) == Reconnect(800.0)


def test_an_agent_that_closed_in_a_quiet_moment_is_worth_two_tries(talking: Call) -> None:
    talking.hear(silence(5000))
    assert lose(talking, was_silent=False) == Reconnect(200.0)
    talking.hear(silence(600))
    assert lose(talking, was_silent=False) == Reconnect(800.0)


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
