"""Settings are checked as the real service does: unknown keys are unparsable, bad values invalid."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pydantic
import pytest
from deepgram.agent.v1.types.agent_v1settings import AgentV1Settings

from simulator.deepgram.conversation import Called, Function, Line
from simulator.deepgram.schema import INVALID, UNPARSABLE
from simulator.deepgram.settings import CLIENT_MESSAGE, read_settings
from simulator.deepgram.settings import SETTINGS as CHECK

from .conftest import PROMPT, SETTINGS

pytestmark = pytest.mark.unit

Path = tuple[str | int, ...]
LISTEN: Path = ("agent", "listen", "provider")
THINK: Path = ("agent", "think")
FUNCTION: Path = (*THINK, "functions", 0)
REMOVED = object()


def changed(path: Path, value: Any) -> dict[str, Any]:
    """The good Settings with one field set, or removed."""
    message = deepcopy(SETTINGS)
    holder: Any = message
    for key in path[:-1]:
        holder = holder[key]
    if value is REMOVED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return message


def unknown_to_the_sdk(value: Any, where: str = "$") -> Iterator[str]:
    """Fields that the SDK's typed models do not have; they accept any."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{where}.{key}" for key in value.model_extra or {})
        for key in type(value).model_fields:
            yield from unknown_to_the_sdk(getattr(value, key, None), f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_to_the_sdk(item, f"{where}[{index}]")


ANTHROPIC = {"provider": {"type": "anthropic", "model": "claude-haiku-4-5"}, "prompt": "p"}
GROQ = {"provider": {"type": "groq", "model": "openai/gpt-oss-20b"}}
ENDPOINT = {
    "url": "https://api.groq.com/openai/v1/chat/completions",
    "headers": {"authorization": "Bearer x"},
}

GOOD: dict[str, dict[str, Any]] = {
    "as our calls send them": SETTINGS,
    "nova on v1": changed(
        LISTEN, {"type": "deepgram", "model": "nova-3", "language": "en", "smart_format": True}
    ),
    "flux with thresholds": changed(
        LISTEN,
        {
            "type": "deepgram",
            "version": "v2",
            "model": "flux-general-en",
            "eot_threshold": 0.7,
            "eot_timeout_ms": 5000,
        },
    ),
    "a temperature": changed((*THINK, "provider", "temperature"), 0.7),
    "a chain of models": changed(THINK, [ANTHROPIC, GROQ | {"endpoint": ENDPOINT}]),
    "groq with an endpoint": changed(THINK, GROQ | {"endpoint": ENDPOINT, "context_length": 8000}),
    "a server-side function": changed((*FUNCTION, "endpoint"), {"url": "https://x.test", "method": "post"}),
    "no greeting": changed(("agent", "greeting"), REMOVED),
    "history": changed(
        ("agent", "context"),
        {
            "messages": [
                {"type": "History", "role": "user", "content": "Hello?"},
                {
                    "type": "History",
                    "function_calls": [
                        {"id": "1", "name": "f", "client_side": True, "arguments": "{}", "response": "ok"}
                    ],
                },
            ]
        },
    ),
    "flags": changed(("flags",), {"history": False}),
    "a third-party voice": changed(
        ("agent", "speak"),
        {"provider": {"type": "eleven_labs", "model_id": "m"}, "endpoint": {"url": "wss://tts.test"}},
    ),
}


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
def test_good_settings(message: dict[str, Any]) -> None:
    assert [str(problem) for problem in CHECK(message, "$")] == []
    assert list(unknown_to_the_sdk(AgentV1Settings.model_validate(message))) == []


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        (("surprise",), 1, UNPARSABLE, "$.surprise"),
        (("agent", "surprise"), 1, UNPARSABLE, "$.agent.surprise"),
        (("audio",), REMOVED, UNPARSABLE, "$"),
        (("agent",), REMOVED, UNPARSABLE, "$"),
        (("agent",), "not-a-uuid", "INVALID_AGENT_ID", "$.agent"),
        (("agent",), "b7a1c1f0-0000-4000-8000-000000000000", "AGENT_ID_NOT_SUPPORTED", "$.agent"),
        (("tags",), "call:CA1", UNPARSABLE, "$.tags"),
        (("tags",), [""], INVALID, "$.tags[0]"),
        (("audio", "input", "encoding"), "ulaw", INVALID, "$.audio.input.encoding"),
        (("audio", "input", "encoding"), "linear16", INVALID, "$.audio.input.encoding"),
        (("audio", "input", "sample_rate"), 16000, INVALID, "$.audio.input.sample_rate"),
        (("audio", "input", "sample_rate"), "8000", UNPARSABLE, "$.audio.input.sample_rate"),
        (("audio", "output", "container"), "wav", INVALID, "$.audio.output.container"),
        (("audio", "output", "container"), REMOVED, UNPARSABLE, "$.audio.output"),
        ((*LISTEN, "version"), REMOVED, INVALID, "$.agent.listen.provider.version"),
        ((*LISTEN, "version"), "v3", INVALID, "$.agent.listen.provider.version"),
        ((*LISTEN, "model"), "nova-3", INVALID, "$.agent.listen.provider.version"),
        ((*LISTEN, "smart_format"), True, UNPARSABLE, "$.agent.listen.provider.smart_format"),
        ((*LISTEN, "eot_threshold"), 0.4, INVALID, "$.agent.listen.provider.eot_threshold"),
        (("agent", "language"), "en", INVALID, "$.agent.language"),
        ((*THINK, "provider", "type"), "openai", INVALID, "$.agent.think.provider.type"),
        ((*THINK, "provider", "type"), 5, UNPARSABLE, "$.agent.think.provider.type"),
        ((*THINK, "provider", "type"), "groq", INVALID, "$.agent.think"),
        ((*THINK, "provider", "model"), REMOVED, UNPARSABLE, "$.agent.think.provider"),
        ((*THINK, "provider", "endpoint"), ENDPOINT, UNPARSABLE, "$.agent.think.provider.endpoint"),
        ((*THINK, "provider", "temperature"), 3, INVALID, "$.agent.think.provider.temperature"),
        ((*THINK, "provider", "temperature"), "warm", UNPARSABLE, "$.agent.think.provider.temperature"),
        ((*THINK, "timeout"), 5, UNPARSABLE, "$.agent.think.timeout"),
        ((*THINK, "context_length"), "max", INVALID, "$.agent.think.context_length"),
        ((*THINK, "prompt"), None, UNPARSABLE, "$.agent.think.prompt"),
        (THINK, [], UNPARSABLE, "$.agent.think"),
        ((*FUNCTION, "client_side"), True, UNPARSABLE, "$.agent.think.functions[0].client_side"),
        ((*FUNCTION, "name"), "end call", INVALID, "$.agent.think.functions[0].name"),
        ((*FUNCTION, "name"), "update_strategy", INVALID, "$.agent.think.functions"),
        ((*FUNCTION, "name"), REMOVED, UNPARSABLE, "$.agent.think.functions[0]"),
        ((*FUNCTION, "parameters"), "none", UNPARSABLE, "$.agent.think.functions[0].parameters"),
        ((*FUNCTION, "initial_agent_filler"), True, INVALID, "$.agent.think"),
        (("agent", "speak", "provider", "type"), "polly", INVALID, "$.agent.speak.provider.type"),
        (("agent", "speak", "provider"), {"type": "eleven_labs", "model_id": "m"}, INVALID, "$.agent.speak"),
        (("agent", "speak", "provider", "speed"), 3, INVALID, "$.agent.speak.provider.speed"),
        (("agent", "greeting"), 1, UNPARSABLE, "$.agent.greeting"),
        (
            ("agent", "context"),
            {"messages": [{"type": "History", "role": "agent", "content": "x"}]},
            INVALID,
            "$.agent.context.messages[0].role",
        ),
    ],
)
def test_bad_settings(path: Path, value: Any, code: str, where: str) -> None:
    problems = list(CHECK(changed(path, value), "$"))

    assert (problems[0].code, problems[0].where) == (code, where)
    assert problems[0].message


@pytest.mark.parametrize(
    "message",
    [
        {"type": "KeepAlive"},
        {"type": "InjectAgentMessage", "message": "Hi.", "behavior": "queue"},
        {"type": "InjectUserMessage", "content": "Hi."},
        {"type": "FunctionCallResponse", "id": "1", "name": "f", "content": "ok", "thought_signature": "s"},
        {"type": "UpdatePrompt", "prompt": "more"},
        {"type": "ForceEndTurn"},
    ],
)
def test_other_good_messages(message: dict[str, Any]) -> None:
    assert list(CLIENT_MESSAGE(message, "$")) == []


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "Hangup"},
        {"type": ["KeepAlive"]},
        {"type": "KeepAlive", "now": True},
        {"type": "InjectAgentMessage", "content": "Hi."},
        {"type": "InjectUserMessage", "message": "Hi."},
        {"type": "FunctionCallResponse", "id": "1", "output": "ok"},
        {"type": "FunctionCallResponse", "id": "1", "name": "f", "content": {"ok": True}},
    ],
)
def test_other_bad_messages(message: dict[str, Any]) -> None:
    assert list(CLIENT_MESSAGE(message, "$"))


def test_what_the_agent_works_with() -> None:
    read = read_settings(GOOD["history"])

    assert read.call_sid == "CA1"
    assert read.prompt == PROMPT
    assert read.functions == {
        "end_call": Function("end_call", defer_until_eot=True),
        "update_strategy": Function("update_strategy", defer_until_eot=False),
    }
    assert read.conversation == (Line("user", "Hello?"), Called("f", {}, "ok"))
    assert (read.flux, read.sends_history) == (True, True)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("nova on v1", "flux", False),
        ("no greeting", "greeting", ""),
        ("flags", "sends_history", False),
        ("a chain of models", "prompt", "p"),
    ],
)
def test_what_differs_is_read(name: str, field: str, value: Any) -> None:
    assert getattr(read_settings(GOOD[name]), field) == value


def test_functions_of_the_server_are_known_by_their_endpoint() -> None:
    function = read_settings(GOOD["a server-side function"]).functions["end_call"]

    assert function.endpoint is not None
    assert function.endpoint.method == "POST"
