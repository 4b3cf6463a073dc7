"""The Settings message: checked as strictly as the real service does, then read.

Source: Deepgram "Configure the Voice Agent"; that unknown keys are refused is seen in public reports only, the
service's own schema does not say so.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.deepgram.conversation import Called, Endpoint, Function, Line
from simulator.deepgram.facts import sentences
from simulator.deepgram.providers import LISTEN, SPEAK, THINK, THINK_LIVE
from simulator.deepgram.schema import (
    INVALID,
    Check,
    Problem,
    also,
    flag,
    list_of,
    number,
    record,
    tagged,
    text,
)

# A telephone carries one format; a real agent would take others.
_INPUT = {"encoding": text(choices=("mulaw",)), "sample_rate": number(8000, 8000, whole=True)}
_OUTPUT = {**_INPUT, "container": text(choices=("none",))}

_HISTORY_TEXT = record(
    {"type": text(choices=("History",)), "role": text(choices=("user", "assistant")), "content": text()}
)
_HISTORY_CALLS = record(
    {
        "type": text(choices=("History",)),
        "function_calls": list_of(
            record(
                {"id": text(), "name": text(), "client_side": flag, "arguments": text(), "response": text()},
                {"thought_signature": text()},
            )
        ),
    }
)


def _history(value: Any, where: str) -> Iterator[Problem]:
    calls = isinstance(value, dict) and "function_calls" in value
    yield from (_HISTORY_CALLS if calls else _HISTORY_TEXT)(value, where)


_AGENT = record(
    {},
    {
        "language": text(),
        "context": record({}, {"messages": list_of(_history)}),
        "listen": LISTEN,
        "think": THINK,
        "think_live": THINK_LIVE,
        "speak": SPEAK,
        "greeting": text(),
    },
)


def _agent_rules(agent: Any, where: str) -> Iterator[Problem]:
    """Rules between the parts of the agent."""
    version = agent.get("listen", {}).get("provider", {}).get("version")
    if "language" in agent and version == "v2":
        yield Problem(
            INVALID, f"{where}.language", "deprecated, and not accepted with a flux model; leave it out"
        )
    fillers = ("initial_agent_filler", "agent_filler_max_count", "agent_filler_interval_ms")
    used = [
        key for think in _thinks(agent) for f in think.get("functions", []) for key in fillers if key in f
    ]
    if used and "think_live" not in agent:
        yield Problem(INVALID, f"{where}.think", f"{used[0]} needs think_live")


def _agent(value: Any, where: str) -> Iterator[Problem]:
    """An agent in full, or the id of a stored one, of which the simulator has none."""
    if not isinstance(value, str):
        yield from also(_AGENT, _agent_rules)(value, where)
        return
    try:
        uuid.UUID(value)
    except ValueError:
        yield Problem("INVALID_AGENT_ID", where, "is not a UUID")
    else:
        yield Problem("AGENT_ID_NOT_SUPPORTED", where, "the simulator stores no agents; send one in full")


SETTINGS: Check = record(
    {
        "type": text(choices=("Settings",)),
        "audio": record({"input": record(_INPUT), "output": record(_OUTPUT, {"bitrate": number(0, 0)})}),
        "agent": _agent,
    },
    {
        "tags": list_of(text(pattern=r".{1,128}")),
        "experimental": flag,
        "mip_opt_out": flag,
        "flags": record({}, {"history": flag}),
    },
)

_CLIENT_MESSAGES: Mapping[str, Check] = {
    "Settings": SETTINGS,
    "UpdateListen": record({"type": text(), "listen": LISTEN}),
    "UpdateThink": record({"type": text(), "think": THINK}),
    "UpdateSpeak": record({"type": text(), "speak": SPEAK}),
    "UpdatePrompt": record({"type": text(), "prompt": text()}),
    "InjectAgentMessage": record(
        {"type": text(), "message": text(pattern=".+")},
        {"behavior": text(choices=("default", "queue", "interrupt"))},
    ),
    "InjectUserMessage": record({"type": text(), "content": text(pattern=".+")}),
    "FunctionCallResponse": record(
        {"type": text(), "id": text(), "name": text(), "content": text()}, {"thought_signature": text()}
    ),
    "KeepAlive": record({"type": text()}),
    "ForceEndTurn": record({"type": text()}),
}

CLIENT_MESSAGE: Check = tagged("type", _CLIENT_MESSAGES)


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the simulated agent works with, out of a checked Settings message."""

    call_sid: str | None
    """From the tag "call:<CallSid>"; None means that it hears nothing."""
    greeting: str
    prompt: str
    functions: dict[str, Function]
    conversation: tuple[Line | Called, ...]
    flux: bool
    speak_model: str
    sends_history: bool


def read_settings(message: Mapping[str, Any]) -> AgentSettings:
    """The settings in `message`, which passed `SETTINGS`."""
    agent: Mapping[str, Any] = message["agent"]
    prompt, functions = read_think(agent)
    return AgentSettings(
        call_sid=next(
            (tag.removeprefix("call:") for tag in message.get("tags", []) if tag.startswith("call:")), None
        ),
        greeting=agent.get("greeting", ""),
        prompt=prompt,
        functions=functions,
        conversation=tuple(_conversation(agent.get("context", {}).get("messages", []))),
        flux=is_flux(agent),
        speak_model=speak_model(agent),
        sends_history=message.get("flags", {}).get("history", True),
    )


def read_think(holder: Mapping[str, Any]) -> tuple[str, dict[str, Function]]:
    """Prompt and functions of the first think provider in `holder` (an agent or UpdateThink)."""
    think = next(iter(_thinks(holder)), {})
    functions = {function["name"]: _function(function) for function in think.get("functions", [])}
    return think.get("prompt", ""), functions


def is_flux(holder: Mapping[str, Any]) -> bool:
    """Whether the listen provider in `holder` (an agent or UpdateListen) is a flux model."""
    return bool(holder.get("listen", {}).get("provider", {}).get("version") == "v2")


def speak_model(holder: Mapping[str, Any]) -> str:
    """Name of the first voice in `holder` (an agent or UpdateSpeak); "" where there is none."""
    speak = next(iter(_several(holder.get("speak", []))), {})
    provider = speak.get("provider", {})
    return str(provider.get("model") or provider.get("model_id") or provider.get("voice", ""))


def _function(function: Mapping[str, Any]) -> Function:
    properties = function.get("parameters", {}).get("properties")
    endpoint = function.get("endpoint")
    return Function(
        name=function["name"],
        defer_until_eot=function.get("defer_until_eot", False),
        parameters={
            name: tuple(schema.get("enum", ())) if isinstance(schema, dict) else ()
            for name, schema in (properties.items() if isinstance(properties, dict) else ())
        },
        endpoint=Endpoint(
            endpoint["url"], endpoint.get("method", "POST").upper(), endpoint.get("headers", {})
        )
        if endpoint
        else None,
    )


def _thinks(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _several(holder.get("think", []))


def _several(one_or_list: Any) -> list[Mapping[str, Any]]:
    return one_or_list if isinstance(one_or_list, list) else [one_or_list]


def _conversation(messages: list[Mapping[str, Any]]) -> Iterator[Line | Called]:
    """History as it was lived: what the agent said comes sentence by sentence."""
    for message in messages:
        role, content = message.get("role"), message.get("content", "")
        if role is not None:
            yield from (
                Line(role, text) for text in (sentences(content) if role == "assistant" else [content])
            )
        for call in message.get("function_calls", []):
            yield Called(call["name"], _arguments(call["arguments"]), call["response"])


def _arguments(text: str) -> dict[str, str]:
    with contextlib.suppress(ValueError, RecursionError):
        arguments = json.loads(text)
        if isinstance(arguments, dict):
            return {key: str(value) for key, value in arguments.items()}
    return {}
