"""Deepgram Voice Agent v1 on the wire: what the server sends, typed, and what we send.

Source: Deepgram docs, "Voice Agent message flow", "Configure the Voice Agent", "Function calling".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


class BadMessage(ValueError):
    """A text frame that is not a JSON object with a `type`."""


@dataclass(frozen=True, slots=True)
class Welcome:
    request_id: str


@dataclass(frozen=True, slots=True)
class SettingsApplied:
    pass


@dataclass(frozen=True, slots=True)
class ConversationText:
    """One sentence of `role` ("user" is the person called)."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class UserStartedSpeaking:
    pass


@dataclass(frozen=True, slots=True)
class AgentThinking:
    pass


@dataclass(frozen=True, slots=True)
class AgentStartedSpeaking:
    pass


@dataclass(frozen=True, slots=True)
class AgentAudioDone:
    """The server has finished sending a reply; the phone still plays it."""


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """Sent by Flux sessions when the user's turn is confirmed."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    id: str
    name: str
    arguments: dict[str, Any]
    thought_signature: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionCallRequest:
    """The functions that we, the client, shall run."""

    functions: tuple[FunctionCall, ...]


@dataclass(frozen=True, slots=True)
class FunctionCallCancelled:
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InjectionRefused:
    message: str


@dataclass(frozen=True, slots=True)
class AgentError:
    """The session is over: every `Error` ends it."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class AgentWarning:
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """Seconds by stage; the service sends one key a message."""

    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Other:
    """A message that changes nothing for us: a twin, an acknowledgement, or a type we do not know."""

    type: str


AgentMessage = (
    Welcome
    | SettingsApplied
    | ConversationText
    | UserStartedSpeaking
    | AgentThinking
    | AgentStartedSpeaking
    | AgentAudioDone
    | EndOfTurn
    | FunctionCallRequest
    | FunctionCallCancelled
    | InjectionRefused
    | AgentError
    | AgentWarning
    | LatencyReport
    | Other
)

_BARE: dict[str, AgentMessage] = {
    "SettingsApplied": SettingsApplied(),
    "UserStartedSpeaking": UserStartedSpeaking(),
    "AgentThinking": AgentThinking(),
    "AgentStartedSpeaking": AgentStartedSpeaking(),
    "AgentAudioDone": AgentAudioDone(),
    "EndOfTurn": EndOfTurn(),
}


def parse(text: str) -> AgentMessage:
    """Read one text frame of the server.

    Raises:
        BadMessage: it is not a JSON object with a string `type`, or lacks what its type needs.
    """
    try:
        data = _clean(json.loads(text, parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise BadMessage("not JSON") from error
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise BadMessage("not an object with a type")
    kind: str = data["type"]
    if kind in _BARE:
        return _BARE[kind]
    try:
        return _parse_fields(kind, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadMessage(f"{kind} lacks a field") from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON (RFC 8259)")


def _clean(value: Any) -> Any:
    """Without what no database stores as text: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _parse_fields(kind: str, data: dict[str, Any]) -> AgentMessage:
    match kind:
        case "Welcome":
            return Welcome(str(data.get("request_id", "")))
        case "ConversationText":
            return ConversationText(str(data["role"]), str(data["content"]))
        case "FunctionCallRequest":
            ours = (item for item in data["functions"] if item.get("client_side", True))
            return FunctionCallRequest(tuple(_function_call(item) for item in ours))
        case "FunctionCallCancelled":
            return FunctionCallCancelled(tuple(str(item["id"]) for item in data["functions"]))
        case "InjectionRefused":
            return InjectionRefused(str(data.get("message", "")))
        case "Error":
            return AgentError(str(data.get("code", "")), str(data.get("description", "")))
        case "Warning":
            return AgentWarning(str(data.get("code", "")), str(data.get("description", "")))
        case "LatencyReport":
            numbers = {k: float(v) for k, v in data.items() if isinstance(v, int | float)}
            return LatencyReport(numbers)
    return Other(kind)


def _function_call(item: dict[str, Any]) -> FunctionCall:
    arguments = item.get("arguments") or {}
    if isinstance(arguments, str):  # documented as a JSON string
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            arguments = {}
    if not isinstance(arguments, dict):
        arguments = {}
    return FunctionCall(str(item["id"]), str(item["name"]), arguments, item.get("thought_signature"))


# --- what we send -------------------------------------------------------------------------------------------------

KEEP_ALIVE: dict[str, Any] = {"type": "KeepAlive"}


def function_call_response(call: FunctionCall, content: str) -> dict[str, Any]:
    """The answer to one function call."""
    message: dict[str, Any] = {
        "type": "FunctionCallResponse",
        "id": call.id,
        "name": call.name,
        "content": content,
    }
    if call.thought_signature is not None:
        message["thought_signature"] = call.thought_signature
    return message


def inject_agent_message(text: str, *, interrupt: bool = False) -> dict[str, Any]:
    """Make the agent say `text`; refused while the user speaks, unless it may interrupt."""
    message: dict[str, Any] = {"type": "InjectAgentMessage", "message": text}
    if interrupt:
        message["behavior"] = "interrupt"
    return message


_WIRE_PROVIDER = {"openai": "open_ai"}
_ROLES = {"caller": "user", "agent": "assistant"}


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The models of a voice agent, as configured by `DEEPGRAM_VOICE_AGENT_*`."""

    listen_model: str
    speak_model: str
    think_provider: str
    think_model: str
    think_temperature: float | None = None
    think_endpoint_url: str = ""
    think_endpoint_headers: dict[str, str] = field(default_factory=dict)


def settings_message(
    config: AgentConfig,
    *,
    prompt: str,
    functions: list[dict[str, Any]],
    greeting: str | None,
    call_sid: str,
    history: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The one Settings message of a phone call: mu-law 8 kHz both ways, raw.

    `greeting` None means that the agent waits for the other side. `history` is what was said before, as (speaker,
    text). The tag lets Deepgram's usage be matched to a call.
    """
    listen: dict[str, Any] = {"type": "deepgram", "model": config.listen_model}
    # Flux models are served by the second version of the listen provider only.
    listen["version"] = "v2" if config.listen_model.startswith("flux-") else "v1"
    provider: dict[str, Any] = {
        "type": _WIRE_PROVIDER.get(config.think_provider, config.think_provider),
        "model": config.think_model,
    }
    if config.think_temperature is not None:
        provider["temperature"] = config.think_temperature
    think: dict[str, Any] = {"provider": provider, "prompt": prompt, "functions": functions}
    if config.think_endpoint_url:
        think["endpoint"] = {"url": config.think_endpoint_url, "headers": config.think_endpoint_headers}
    agent: dict[str, Any] = {
        "listen": {"provider": listen},
        "think": think,
        "speak": {"provider": {"type": "deepgram", "model": config.speak_model}},
    }
    if greeting is not None:
        agent["greeting"] = greeting
    messages = [{"type": "History", "role": _ROLES[speaker], "content": text} for speaker, text in history]
    if messages:
        agent["context"] = {"messages": messages}
    return {
        "type": "Settings",
        "tags": [f"call:{call_sid}"],
        "audio": {
            "input": {"encoding": "mulaw", "sample_rate": 8000},
            "output": {"encoding": "mulaw", "sample_rate": 8000, "container": "none"},
        },
        "agent": agent,
    }
