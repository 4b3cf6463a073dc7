"""Deepgram's messages as typed values, and our Settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deepgram.agent.v1.types import AgentV1Settings
from deepgram.core.pydantic_utilities import parse_obj_as
from hypothesis import given
from hypothesis import strategies as st

from telephony.deepgram import messages as dg
from telephony.deepgram.settings import AgentConfig, settings_message
from telephony.tools import FUNCTIONS

pytestmark = pytest.mark.unit

CALL = {"id": "f1", "name": "end_call", "arguments": '{"reason": "done"}', "client_side": True}


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"type": "Welcome", "request_id": "r"}, dg.Welcome("r")),
        ({"type": "SettingsApplied"}, dg.SettingsApplied()),
        ({"type": "ConversationText", "role": "user", "content": "Hi"}, dg.ConversationText("user", "Hi")),
        ({"type": "UserStartedSpeaking"}, dg.UserStartedSpeaking()),
        ({"type": "AgentAudioDone"}, dg.AgentAudioDone()),
        ({"type": "EndOfTurn", "trigger": "model"}, dg.EndOfTurn()),
        ({"type": "InjectionRefused", "message": "m"}, dg.InjectionRefused("m")),
        ({"type": "Error", "code": "C", "description": "d"}, dg.AgentError("C", "d")),
        ({"type": "Warning", "code": "C", "description": "d"}, dg.AgentWarning("C", "d")),
        ({"type": "LatencyReport", "tts_latency": 0.2}, dg.LatencyReport({"tts_latency": 0.2})),
        ({"type": "FunctionCallCancelled", "functions": [{"id": "f1"}]}, dg.FunctionCallCancelled(("f1",))),
        ({"type": "History", "role": "user", "content": "Hi"}, dg.Other("History")),
        ({"type": "NobodyKnows", "x": [1]}, dg.Other("NobodyKnows")),
    ],
)
def test_a_message_is_read(frame: dict[str, Any], message: dg.AgentMessage) -> None:
    assert dg.parse(json.dumps(frame)) == message


@pytest.mark.parametrize("arguments", ['{"reason": "done"}', {"reason": "done"}])
def test_arguments_are_a_json_string_or_an_object(arguments: object) -> None:
    frame = {"type": "FunctionCallRequest", "functions": [{**CALL, "arguments": arguments}]}
    assert dg.parse(json.dumps(frame)) == dg.FunctionCallRequest(
        (dg.FunctionCall("f1", "end_call", {"reason": "done"}),)
    )


@pytest.mark.parametrize("arguments", ["", "no json", "[1]", None, 5, '{"reason": NaN}'])
def test_arguments_that_cannot_be_read_are_none(arguments: object) -> None:
    frame = {"type": "FunctionCallRequest", "functions": [{**CALL, "arguments": arguments}]}
    request = dg.parse(json.dumps(frame))
    assert isinstance(request, dg.FunctionCallRequest)
    assert request.functions[0].arguments == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused(number: str) -> None:
    with pytest.raises(dg.BadMessage):
        dg.parse(f'{{"type": "LatencyReport", "tts_latency": {number}}}')


def test_characters_that_no_database_stores_are_left_out() -> None:
    text = dg.parse('{"type": "ConversationText", "role": "user", "content": "a\\ud800b\\u0000c"}')
    assert text == dg.ConversationText("user", "a?bc")
    frame = {
        "type": "FunctionCallRequest",
        "functions": [{**CALL, "arguments": '{"a": "a\\ud800b\\u0000c"}'}],
    }
    request = dg.parse(json.dumps(frame))
    assert isinstance(request, dg.FunctionCallRequest)
    assert request.functions[0].arguments == {"a": "a?bc"}


def test_a_number_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(dg.BadMessage):
        dg.parse(f'{{"type": "LatencyReport", "tts_latency": 1{"0" * 400}}}')


def test_functions_that_run_elsewhere_are_not_ours() -> None:
    frame = {"type": "FunctionCallRequest", "functions": [{**CALL, "client_side": False}]}
    assert dg.parse(json.dumps(frame)) == dg.FunctionCallRequest(())


@given(st.one_of(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)))
def test_nothing_but_bad_message_comes_of_nonsense(text: str) -> None:
    with pytest.raises(dg.BadMessage):
        dg.parse(text)


@pytest.mark.parametrize("kind", ["ConversationText", "FunctionCallRequest", "FunctionCallCancelled"])
@pytest.mark.parametrize("fields", [{}, {"functions": 5, "role": 1}, {"functions": [1]}, {"functions": [{}]}])
def test_a_message_that_lacks_a_field_is_bad(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(dg.BadMessage):
        dg.parse(json.dumps({"type": kind, **fields}))


def config(**changes: Any) -> AgentConfig:
    values = {
        "listen_model": "nova-3",
        "speak_model": "aura-2-thalia-en",
        "think_provider": "openai",
        "think_model": "gpt-4o-mini",
    }
    return AgentConfig(**{**values, **changes})


def settings(greeting: str | None = "Hello.", **changes: Any) -> dict[str, Any]:
    return settings_message(
        config(**changes), prompt="Be brief.", functions=FUNCTIONS, greeting=greeting, call_sid="CA1"
    )


def test_settings_are_what_the_sdk_knows() -> None:
    message = settings(
        think_temperature=0.5, think_endpoint_url="https://llm.example.com", think_endpoint_headers={"a": "b"}
    )
    typed = parse_obj_as(AgentV1Settings, message)
    assert json.loads(typed.json()) == message


def test_settings_say_phone_audio_and_nothing_that_is_not_set() -> None:
    message = settings(greeting=None)
    assert message["audio"]["input"] == {"encoding": "mulaw", "sample_rate": 8000}
    assert message["audio"]["output"] == {"encoding": "mulaw", "sample_rate": 8000, "container": "none"}
    assert "greeting" not in message["agent"]
    assert message["agent"]["think"]["provider"] == {"type": "open_ai", "model": "gpt-4o-mini"}
    assert "endpoint" not in message["agent"]["think"]


@pytest.mark.parametrize(
    ("model", "version"), [("nova-3", "v1"), ("flux-general-en", "v2"), ("flux-general-multi", "v2")]
)
def test_flux_listens_by_the_second_version(model: str, version: str) -> None:
    listen = settings(listen_model=model)["agent"]["listen"]["provider"]
    assert listen == {"type": "deepgram", "model": model, "version": version}


def test_a_function_is_answered_with_its_signature() -> None:
    call = dg.FunctionCall("f1", "end_call", {}, thought_signature="s")
    assert dg.function_call_response(call, "ok") == {
        "type": "FunctionCallResponse", "id": "f1", "name": "end_call", "content": "ok", "thought_signature": "s",
    }  # fmt: skip
