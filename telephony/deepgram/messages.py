"""Deepgram Voice Agent v1 on the wire: what the server sends, typed, and what we send.

Source: Deepgram docs, "Voice Agent message flow", "Configure the Voice Agent", "Function calling".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
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
class PromptUpdated:
    """The agent has taken an `UpdatePrompt`."""


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
    | PromptUpdated
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
    "PromptUpdated": PromptUpdated(),
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
    except OverflowError as error:
        raise BadMessage(f"{kind} has a number that is none") from error


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
            arguments = _clean(json.loads(arguments, parse_constant=_no_number))
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
    """Make the agent say `text`: at once, or behind what it says now and refused while the user speaks."""
    behavior = "interrupt" if interrupt else "queue"
    return {"type": "InjectAgentMessage", "message": text, "behavior": behavior}


def update_prompt(addition: str) -> dict[str, Any]:
    """Append to the agent's prompt."""
    return {"type": "UpdatePrompt", "prompt": addition}
