"""OpenAI's chat completions, and the dialects of Groq and vLLM.

Sources: OpenAI API reference "Chat completions", Groq docs "Structured outputs", vLLM docs "Structured outputs".
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.llm.door import Refused
from simulator.llm.faults import Fault, Provider
from simulator.llm.model import Answer, answer
from simulator.llm.schemas import openai_complaint

GROQ_SCHEMA_MODELS = frozenset(["openai/gpt-oss-20b", "openai/gpt-oss-120b", "qwen/qwen3.8-27b"])

_KNOWN = frozenset(
    [
        "model",
        "messages",
        "response_format",
        "temperature",
        "top_p",
        "n",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "seed",
        "user",
        "store",
        "metadata",
        "reasoning_effort",
        "verbosity",
        "service_tier",
        "stream",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "logprobs",
        "top_logprobs",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "safety_identifier",
        "prompt_cache_key",
        "modalities",
    ]
)
_GROQ_KNOWN = _KNOWN | {"reasoning_format", "include_reasoning"}
_OPENAI_MODEL = re.compile(r"(?:gpt|chatgpt|o\d)\b.*")
_NO_MAX_TOKENS = re.compile(r"(?:gpt-[5-9]|o\d).*")
"""These count hidden tokens as well, and take `max_completion_tokens` only."""
_ERROR_TYPES = {401: "invalid_request_error", 429: "requests", 500: "server_error"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The form of answer that was asked for."""

    schema: Mapping[str, Any] | None = None
    as_json: bool = False


def error_body(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """The body of an error."""
    kind = _ERROR_TYPES.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def exists(provider: Provider, model: str) -> bool:
    """Whether there is this model at `provider`."""
    return provider != "openai" or _OPENAI_MODEL.fullmatch(model) is not None


def chat_completion(provider: Provider, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """The answer to a request in `provider`'s dialect. Raises Refused."""
    _check(provider, body)
    wanted = _wanted(provider, body)
    said = answer(
        _prompt(body["messages"]),
        schema=wanted.schema,
        json_wanted=wanted.as_json,
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        fault=fault,
    )
    return _completion(provider, body["model"], said)


def _refuse(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> Refused:
    return Refused(status, error_body(status, message, code, param))


def _check(provider: Provider, body: dict[str, Any]) -> None:
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise _refuse("you must provide a model parameter")
    if not isinstance(messages, list) or not messages or not all(isinstance(item, dict) for item in messages):
        raise _refuse("Missing required parameter: 'messages'.", param="messages")
    if body.get("stream"):
        raise _refuse("Streaming is not simulated.", param="stream")
    if provider == "local":
        return  # vLLM ignores what it does not know
    unknown = sorted(body.keys() - (_GROQ_KNOWN if provider == "groq" else _KNOWN))
    if unknown:
        raise _refuse(f"Unknown parameter: '{unknown[0]}'.", param=unknown[0], code="unknown_parameter")
    if provider == "groq":
        return
    if not exists(provider, model):
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise _refuse(message, code="model_not_found", status=404)
    if "max_tokens" in body and _NO_MAX_TOKENS.fullmatch(model):
        raise _refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )


def _wanted(provider: Provider, body: dict[str, Any]) -> _Wanted:
    response_format = body.get("response_format") or {}
    match response_format.get("type", "text"):
        case "text":
            guided = (body.get("structured_outputs") or {}).get("json") if provider == "local" else None
            return _Wanted(guided, guided is not None)
        case "json_object":
            # vLLM constrains without being told to in words; the others insist.
            if provider != "local" and "json" not in _prompt(body["messages"]).lower():
                raise _refuse(
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                    "'json_object'.",
                    param="messages",
                )
            return _Wanted(as_json=True)
        case "json_schema":
            return _Wanted(_schema(provider, body, response_format.get("json_schema")), True)
    raise _refuse("Invalid value for 'response_format.type'.", param="response_format.type")


def _schema(provider: Provider, body: dict[str, Any], given: Any) -> Mapping[str, Any]:
    if provider == "groq" and body["model"] not in GROQ_SCHEMA_MODELS:
        raise _refuse("This model does not support response format `json_schema`", param="response_format")
    if provider == "groq" and body.get("tools"):
        raise _refuse("json_schema cannot be combined with tools", param="response_format")
    if not isinstance(given, dict) or not isinstance(given.get("schema"), dict):
        raise _refuse(
            "Missing required parameter: 'response_format.json_schema.schema'.", param="response_format"
        )
    name = given.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        raise _refuse("Invalid 'response_format.json_schema.name'.", param="response_format.json_schema.name")
    complaint = openai_complaint(given["schema"]) if given.get("strict") and provider != "local" else None
    if complaint is not None:
        raise _refuse(
            f"Invalid schema for response_format '{name}': {complaint}",
            param="response_format",
            code="invalid_json_schema",
        )
    schema: Mapping[str, Any] = given["schema"]
    return schema


def _prompt(messages: list[dict[str, Any]]) -> str:
    return "\n".join(content_text(message.get("content")) for message in messages)


def content_text(content: Any) -> str:
    """The text of a message's content: a string, or parts of which some are text."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def _completion(provider: Provider, model: str, said: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if provider == "openai":
        refused = said.stop == "refusal"  # the others know no such field, and refuse in prose
        message |= {"content": None, "refusal": said.text} if refused else {"refusal": None}
        message["annotations"] = []
    finish = "length" if said.stop == "length" else "stop"
    request_id = uuid.uuid4().hex
    return {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": "simulated",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
            "total_tokens": said.prompt_tokens + said.completion_tokens,
        },
        **({"x_groq": {"id": f"req_{request_id}"}} if provider == "groq" else {}),
    }
