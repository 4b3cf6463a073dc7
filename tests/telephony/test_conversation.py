"""Turns, and how much of them was heard."""

from __future__ import annotations

import pytest

from telephony.conversation import Conversation
from telephony.playback import Playback
from telephony.voice_activity import VoiceActivity
from tests.telephony.sounds import voice

pytestmark = pytest.mark.unit


@pytest.fixture
def playback() -> Playback:
    return Playback()


@pytest.fixture
def conversation(playback: Playback) -> Conversation:
    return Conversation(playback, VoiceActivity())


def speak(conversation: Conversation, playback: Playback, text: str, ms: int, now_ms: float) -> None:
    conversation.agent_said(text, now_ms)
    playback.send(bytes(ms * 8), now_ms)
    conversation.agent_audio_sent(ms * 8, now_ms)


def test_a_reply_that_was_played_was_heard(conversation: Conversation, playback: Playback) -> None:
    speak(conversation, playback, "Good morning.", 1000, 0)
    speak(conversation, playback, "I am calling about a bill.", 1500, 10)
    conversation.agent_all_sent()
    assert conversation.heard_out(2499) == []
    (turn,) = conversation.heard_out(2500)
    assert (turn.text, turn.heard, turn.final) == ("Good morning. I am calling about a bill.", 1.0, True)
    assert (turn.start_ms, turn.end_ms) == (0, 2500)


def test_an_interrupted_reply_keeps_what_was_heard(conversation: Conversation, playback: Playback) -> None:
    speak(conversation, playback, "Good morning.", 1000, 0)
    speak(conversation, playback, "one two three four five six seven eight", 2000, 10)
    conversation.agent_all_sent()
    (turn,) = conversation.cut(2000)
    assert turn.heard_text == "Good morning. one two three four"
    assert turn.text.endswith("seven eight")
    assert 0.5 < turn.heard < 0.7
    assert turn.end_ms == 2000


def test_a_sentence_whose_audio_never_came_was_not_heard(
    conversation: Conversation, playback: Playback
) -> None:
    speak(conversation, playback, "Good morning.", 1000, 0)
    conversation.agent_said("This is the rest.", 500)
    (turn,) = conversation.cut(5000)
    assert turn.heard_text == "Good morning."


def test_text_before_its_audio_changes_nothing(conversation: Conversation, playback: Playback) -> None:
    conversation.agent_said("One.", 0)
    conversation.agent_said("Two.", 5)
    playback.send(bytes(8000), 300)
    conversation.agent_audio_sent(8000, 300)
    conversation.agent_all_sent()
    (turn,) = conversation.heard_out(1300)
    assert (turn.start_ms, turn.heard_text) == (300, "One. Two.")


def test_a_caller_turn_lasts_from_the_first_sound_to_the_last(playback: Playback) -> None:
    activity = VoiceActivity()
    conversation = Conversation(playback, activity)
    activity.feed(voice(800), 1000)
    conversation.caller_started(1100)
    activity.feed(voice(800), 2000)
    conversation.caller_started(2100)  # went on after a breath
    turn = conversation.caller_said("Hello? Who is it?", 3500)
    assert (turn.start_ms, turn.end_ms, turn.heard) == (1000, 2800, 1.0)


def test_speech_that_deepgram_heard_late_began_when_it_sounded(playback: Playback) -> None:
    activity = VoiceActivity()
    conversation = Conversation(playback, activity)
    activity.feed(voice(2500), 300)
    conversation.caller_started(2846)
    assert conversation.caller_said("Please hold.", 3300).start_ms == 300
    activity.feed(voice(500), 6000)
    conversation.caller_started(6100)
    assert conversation.caller_said("Hello.", 7000).start_ms == 6000


def test_turns_are_numbered_in_the_order_in_which_they_began(
    conversation: Conversation, playback: Playback
) -> None:
    speak(conversation, playback, "Hello.", 500, 0)
    conversation.agent_all_sent()
    (first,) = conversation.heard_out(600)
    second = conversation.caller_said("Yes?", 1500)
    speak(conversation, playback, "I call about a bill.", 500, 2000)
    conversation.agent_all_sent()
    (third,) = conversation.heard_out(2600)
    assert [first.number, second.number, third.number] == [1, 2, 3]
