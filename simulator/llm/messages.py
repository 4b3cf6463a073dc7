"""Anthropic's messages. Source: Anthropic API reference "Messages", "Structured outputs", "Errors"."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from simulator.llm.chat import content_text
from simulator.llm.door import Refused
from simulator.llm.faults import Fault
from simulator.llm.model import Answer, answer
from simulator.llm.schemas import anthropic_complaint

_REQUIRED = ("model", "max_tokens", "messages")
_KNOWN = frozenset(
    [
        "model",
        "max_tokens",
        "messages",
        "system",
        "output_config",
        "metadata",
        "stop_sequences",
        "stream",
        "thinking",
        "tools",
        "tool_choice",
        "service_tier",
        "container",
        "inference_geo",
        "cache_control",
    ]
)
_GONE = ("temperature", "top_p", "top_k")
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
}
_STOP_REASONS = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal"}


def error_body(status: int, message: str) -> dict[str, Any]:
    """The body of an error."""
    error = {"type": _ERROR_TYPES[status], "message": message}
    return {"type": "error", "error": error, "request_id": f"req_{uuid.uuid4().hex[:24]}"}


def exists(model: str) -> bool:
    """Whether there is this model."""
    return model.startswith("claude-")


def message(body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """The answer to a request. Raises Refused."""
    _check(body)
    schema = _schema(body.get("output_config"))
    turns = [content_text(item.get("content")) for item in body["messages"]]
    said = answer(
        "\n".join([content_text(body.get("system")), *turns]),
        schema=schema,
        json_wanted=schema is not None,
        max_tokens=body["max_tokens"],
        fault=fault,
    )
    return _message(body["model"], said)


def _refuse(text: str, status: int = 400) -> Refused:
    return Refused(status, error_body(status, text))


def _check(body: dict[str, Any]) -> None:
    for name in _GONE:
        if name in body:
            raise _refuse(f"`{name}` is not supported for this model.")
    for name in _REQUIRED:
        if name not in body:
            raise _refuse(f"{name}: Field required")
    unknown = sorted(body.keys() - _KNOWN)
    if unknown:
        raise _refuse(f"{unknown[0]}: Extra inputs are not permitted")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        raise _refuse("max_tokens: Input should be greater than or equal to 1")
    if body.get("stream"):
        raise _refuse("stream: streaming is not simulated")
    if not exists(str(body["model"])):
        raise _refuse(f"model: {body['model']}", status=404)
    messages = body["messages"]
    if not isinstance(messages, list) or not messages or not all(isinstance(item, dict) for item in messages):
        raise _refuse("messages: at least one message is required")
    for index, item in enumerate(messages):
        if item.get("role") not in ("user", "assistant"):
            raise _refuse(f'messages.{index}.role: Input should be "user" or "assistant"')
    if messages[-1]["role"] == "assistant":
        raise _refuse("Prefilling assistant messages is not supported for this model.")


def _schema(output_config: Any) -> Mapping[str, Any] | None:
    wanted = (output_config or {}).get("format")
    if wanted is None:
        return None
    if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
        raise _refuse("output_config.format: Input should be of type 'json_schema' with a schema")
    complaint = anthropic_complaint(wanted["schema"])
    if complaint is not None:
        raise _refuse(f"output_config.format.schema: {complaint}")
    schema: Mapping[str, Any] = wanted["schema"]
    return schema


def _message(model: str, said: Answer) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": said.text}] if said.stop != "refusal" else [],
        "stop_reason": _STOP_REASONS[said.stop],
        "stop_sequence": None,
        "usage": {
            "input_tokens": said.prompt_tokens,
            "output_tokens": said.completion_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }
