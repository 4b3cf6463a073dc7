"""A person acts on a live call: what the agent and the phone are told, and what is said to have come of it."""

from __future__ import annotations

from typing import Any

import pytest

from telephony import controls, injections, whispers
from telephony.actions import Action, ActionType
from telephony.deepgram import messages as dg
from telephony.effects import (
    AudioToAgent,
    Begin,
    Configure,
    PlayAudio,
    PressKeys,
    SaveTurn,
    SendClear,
    ToAgent,
)
from telephony.events import EventType
from telephony.so_far import SoFar
from tests.telephony.bridged_call import OPENING, Call, talking_call
from tests.telephony.sounds import numbered, silence, voice

pytestmark = pytest.mark.unit

WORDS = "Could you check with your supervisor?"
PRIVATE = "Accept $65."


@pytest.fixture
def talking() -> Call:
    return talking_call()


def do(call: Call, kind: str, **fields: str) -> Action:
    action = Action(ActionType(kind), "alice", **fields)
    call.do(call.bridge.act(action, call.now_ms))
    return action


def outcomes(call: Call) -> list[tuple[str, str]]:
    """Result and words of every action so far."""
    return [(note["result"], note["detail"]) for note in call.notes(EventType.OPERATOR_ACTION)]


def to_agent(call: Call, type_: str) -> list[dict[str, Any]]:
    return [effect.message for effect in call.of(ToAgent) if effect.message["type"] == type_]


def lose(call: Call) -> None:
    call.do(call.bridge.agent_lost("gone", call.now_ms))


def reconnect(call: Call) -> None:
    call.agent(dg.Welcome("r"))
    call.agent(dg.SettingsApplied())


# --- say -----------------------------------------------------------------------------------------------------------


def test_the_agent_is_made_to_say_it_behind_its_own_words(talking: Call) -> None:
    action = do(talking, "say", text=WORDS)
    assert to_agent(talking, "InjectAgentMessage") == [
        {"type": "InjectAgentMessage", "message": WORDS, "behavior": "queue"}
    ]
    assert outcomes(talking) == []
    talking.speak("Let me think.", 500)
    assert outcomes(talking) == []
    talking.speak(WORDS, 900)
    [note] = talking.notes(EventType.OPERATOR_ACTION)
    assert note == {
        "id": action.id,
        "action": "say",
        "by": "alice",
        "text": WORDS,
        "digits": "",
        "result": "ok",
        "detail": injections.SAID,
    }


def test_a_refusal_is_told_to_whoever_wanted_it_said(talking: Call) -> None:
    do(talking, "say", text=WORDS)
    talking.agent(dg.InjectionRefused("Injection refused because the user is speaking."))
    assert outcomes(talking) == [("refused", "Injection refused because the user is speaking.")]


def test_a_refusal_of_our_own_words_is_told_too(talking: Call) -> None:
    talking.agent(dg.ConversationText("user", "And your account number?"))
    lose(talking)
    reconnect(talking)
    talking.agent(dg.InjectionRefused("The user is speaking."))
    [warning] = [note for note in talking.notes(EventType.AGENT) if note["status"] == "warning"]
    assert "was not said. The user is speaking." in warning["detail"]


def test_refusals_belong_to_the_oldest_and_words_to_their_own(talking: Call) -> None:
    first, second = do(talking, "say", text="One moment."), do(talking, "say", text=WORDS)
    talking.speak(WORDS, 900)
    talking.agent(dg.InjectionRefused("no"))
    ids = [(note["id"], note["result"]) for note in talking.notes(EventType.OPERATOR_ACTION)]
    assert ids == [(second.id, "ok"), (first.id, "refused")]


def test_words_that_were_cut_off_by_the_other_side_before_do_not_silence_it(talking: Call) -> None:
    talking.speak("We can pay sixty dollars and not more.", 3000, done=False)
    talking.agent(dg.UserStartedSpeaking())
    do(talking, "say", text=WORDS)
    talking.effects.clear()
    talking.speak(WORDS, 900)
    assert [effect.audio for effect in talking.of(PlayAudio)] == [numbered(7200)]


def test_what_the_agent_never_says_is_not_told_as_said(talking: Call) -> None:
    do(talking, "say", text=WORDS)
    talking.hear(silence(21_000))
    assert outcomes(talking) == [("refused", injections.NOT_SAID)]
    do(talking, "say", text=WORDS)
    lose(talking)
    assert outcomes(talking)[1:] == [("refused", injections.AGENT_GONE)]
    do(talking, "say", text=WORDS)
    assert outcomes(talking)[2:] == [("refused", controls.AGENT_AWAY)]


def test_only_so_much_waits_to_be_said(talking: Call) -> None:
    for _ in range(injections.MAX_WAITING + 1):
        do(talking, "say", text=WORDS)
    assert outcomes(talking) == [("refused", injections.TOO_MANY)]


# --- whisper -------------------------------------------------------------------------------------------------------


def test_the_agent_is_told_in_private_and_every_later_agent_too(talking: Call) -> None:
    do(talking, "whisper", text=PRIVATE)
    assert to_agent(talking, "UpdatePrompt") == [{"type": "UpdatePrompt", "prompt": f"Whisper: {PRIVATE}"}]
    assert outcomes(talking) == []
    talking.agent(dg.PromptUpdated())
    assert outcomes(talking) == [("ok", whispers.TOLD)]
    lose(talking)
    reconnect(talking)
    assert talking.of(Configure) == [Configure(Begin.RESUME, (PRIVATE,))]
    assert len(to_agent(talking, "UpdatePrompt")) == 1


def test_what_is_whispered_between_two_agents_reaches_the_next(talking: Call) -> None:
    lose(talking)
    do(talking, "whisper", text="first")
    talking.agent(dg.Welcome("r"))
    do(talking, "whisper", text="second")
    assert outcomes(talking) == []
    talking.agent(dg.SettingsApplied())
    assert talking.of(Configure) == [Configure(Begin.RESUME, ("first",))]
    assert outcomes(talking) == [("ok", whispers.TOLD)]
    assert [message["prompt"] for message in to_agent(talking, "UpdatePrompt")] == ["Whisper: second"]
    talking.agent(dg.PromptUpdated())
    assert outcomes(talking) == [("ok", whispers.TOLD)] * 2


def test_a_prompt_has_room_for_so_much(talking: Call) -> None:
    for _ in range(7):
        do(talking, "whisper", text="x" * 500)
    assert len(to_agent(talking, "UpdatePrompt")) == 6
    assert outcomes(talking) == [("refused", whispers.NO_ROOM)]


# --- mute ----------------------------------------------------------------------------------------------------------


def test_mute_cuts_the_agent_off_and_says_what_was_heard(talking: Call) -> None:
    talking.speak("We can pay sixty dollars and not a single dollar more than that.", 3000, done=False)
    talking.hear(silence(1000))
    talking.effects.clear()
    do(talking, "mute")
    assert isinstance(talking.effects[0], SendClear)
    [turn] = [effect.turn for effect in talking.of(SaveTurn)]
    assert turn.final
    assert "We can pay" in turn.heard_text
    assert "more than that" not in turn.heard_text
    assert outcomes(talking) == [("ok", controls.MUTED)]


def test_a_muted_agent_hears_and_is_not_heard(talking: Call) -> None:
    do(talking, "mute")
    talking.effects.clear()
    talking.hear(voice(200))
    assert len(talking.of(AudioToAgent)) == 10
    talking.agent(dg.ConversationText("user", "How much is it?"))
    talking.speak("Sixty dollars.", 1000)
    talking.hear(silence(1500))
    assert talking.of(PlayAudio) == []
    last = talking.of(SaveTurn)[-1].turn
    assert (last.text, last.heard, last.heard_text, last.final) == ("Sixty dollars.", 0.0, "", True)
    assert talking.notes(EventType.AGENT_THINKING) == []


def test_after_it_the_agent_is_heard_from_its_next_sentence_on(talking: Call) -> None:
    do(talking, "mute")
    talking.speak("Nobody hears this.", 1000, done=False)
    do(talking, "unmute")
    assert talking.do(talking.bridge.agent_audio(numbered(800), talking.now_ms)) == []
    talking.speak("Everybody hears this.", 1000)
    talking.hear(silence(1500))
    assert [effect.audio for effect in talking.of(PlayAudio)] == [numbered(8000)]
    finals = {effect.turn.number: effect.turn for effect in talking.of(SaveTurn) if effect.turn.final}
    assert [(turn.text, turn.heard) for turn in finals.values()] == [
        ("Nobody hears this.", 0.0),
        ("Everybody hears this.", 1.0),
    ]


def test_a_sentence_that_was_muted_in_its_middle_stays_silent(talking: Call) -> None:
    talking.speak("A long sentence.", 1000, done=False)
    do(talking, "mute")
    do(talking, "unmute")
    assert talking.do(talking.bridge.agent_audio(numbered(800), talking.now_ms)) == []
    talking.agent(dg.AgentAudioDone())
    assert talking.speak("Hello?", 500)
    assert len(talking.of(PlayAudio)) == 2


def test_who_calls_is_said_again_when_it_was_muted() -> None:
    call = Call()
    call.agent(dg.Welcome("r"))
    call.hear(silence(2100))
    do(call, "mute")
    call.agent(dg.SettingsApplied())
    call.speak(OPENING, 2000)
    assert to_agent(call, "InjectAgentMessage") == []
    do(call, "unmute")
    call.speak("How much is it?", 500)
    assert [message["message"] for message in to_agent(call, "InjectAgentMessage")] == [OPENING]


def test_a_muted_agent_that_wants_to_end_the_call_still_can(talking: Call) -> None:
    do(talking, "mute")
    farewell = dg.FunctionCall("e1", "end_call", {"reason": "settled", "situation": "finished"})
    talking.agent(dg.FunctionCallRequest((farewell,)))
    talking.speak("Goodbye.", 500)
    talking.hear(silence(3200))
    assert any(type(effect).__name__ == "HangUp" for effect in talking.effects)


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ok", "told"), [(True, ("ok", controls.KEYS_PRESSED)), (False, ("refused", controls.KEYS_REFUSED))]
)
def test_keys_are_pressed_and_told(talking: Call, ok: bool, told: tuple[str, str]) -> None:
    action = do(talking, "dtmf", digits="1w2#")
    assert talking.of(PressKeys) == [PressKeys(action, "1w2#")]
    assert outcomes(talking) == []
    talking.do(talking.bridge.keys_pressed(action, ok=ok))
    assert outcomes(talking) == [told]


def test_the_agent_and_a_person_do_not_press_keys_at_once(talking: Call) -> None:
    asked = dg.FunctionCall("k1", "press_keys", {"keys": "1"})
    talking.agent(dg.FunctionCallRequest((asked,)))
    do(talking, "dtmf", digits="2")
    assert outcomes(talking) == [("refused", controls.KEYS_BUSY)]
    talking.do(talking.bridge.keys_pressed(asked, ok=True))
    do(talking, "dtmf", digits="2")
    assert outcomes(talking) == [("refused", controls.KEYS_BUSY)] * 2, "they may still be sounding"
    talking.do(talking.bridge.stream_lost(talking.now_ms))
    talking.do(talking.bridge.stream_attached(talking.now_ms))
    action = do(talking, "dtmf", digits="2")
    talking.agent(dg.FunctionCallRequest((dg.FunctionCall("k2", "press_keys", {"keys": "3"}),)))
    assert [keys.asked_by for keys in talking.of(PressKeys)] == [asked, action]


# --- when it cannot be done ----------------------------------------------------------------------------------------


def test_an_action_that_needs_what_is_not_there_is_refused_by_name(talking: Call) -> None:
    talking.do(talking.bridge.stream_lost(talking.now_ms))
    do(talking, "dtmf", digits="1")
    do(talking, "mute")
    do(talking, "mute")
    do(talking, "say", text=WORDS)
    do(talking, "unmute")
    do(talking, "unmute")
    talking.do(talking.bridge.agent_lost("gone", talking.now_ms, permanent=True))
    do(talking, "say", text=WORDS)
    do(talking, "whisper", text=WORDS)
    assert outcomes(talking) == [
        ("refused", controls.NO_STREAM),
        ("ok", controls.MUTED),
        ("ok", controls.MUTED_BEFORE),
        ("refused", controls.IS_MUTED),
        ("ok", controls.UNMUTED),
        ("ok", controls.UNMUTED_BEFORE),
        ("refused", controls.NO_AGENT),
        ("refused", controls.NO_AGENT),
    ]


def test_what_was_not_done_when_the_call_ended_is_told(talking: Call) -> None:
    do(talking, "say", text=WORDS)
    do(talking, "whisper", text=PRIVATE)
    talking.do(talking.bridge.finish(talking.now_ms))
    assert outcomes(talking) == [("refused", injections.CALL_OVER), ("refused", whispers.CALL_OVER)]


def test_another_process_that_goes_on_knows_what_was_done() -> None:
    actions = [
        Action(ActionType.WHISPER, "alice", text="told").outcome("").data,
        Action(ActionType.WHISPER, "alice", text="refused").outcome("", ok=False).data,
        Action(ActionType.UNMUTE, "alice").outcome("").data,
        Action(ActionType.MUTE, "alice").outcome("").data,
    ]
    call = Call(before=SoFar.of([], actions))
    call.agent(dg.Welcome("r"), dg.SettingsApplied())
    assert call.of(Configure) == [Configure(Begin.RESUME, ("told",))]
    call.speak("Hello?", 500)
    assert call.of(PlayAudio) == []
