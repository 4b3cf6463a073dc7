"""The language models of the simulator: OpenAI, Anthropic, Groq (`/groq/openai/v1`) and vLLM (`/vllm/v1`)."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.fault_plan import plan_routes
from simulator.llm import chat, messages
from simulator.llm.door import Door, bearer_is, guarded
from simulator.llm.faults import LlmFault, Provider

_CREATED = 1_790_000_000
_MODELS: dict[Provider, tuple[str, ...]] = {
    "openai": ("gpt-5.4-mini", "gpt-6-luna", "gpt-6-sol"),
    "anthropic": ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"),
    "groq": (*sorted(chat.GROQ_SCHEMA_MODELS), "llama-3.3-70b-versatile"),
    "local": ("simulated-model",),
}
_PREFIXES: dict[Provider, str] = {"openai": "/v1", "groq": "/groq/openai/v1", "local": "/vllm/v1"}


def routes(config: SimulatorConfig) -> list[web.AbstractRouteDef]:
    """The four model APIs, and the control of them: `/simulator/llm-faults` and `/simulator/llm-requests`."""
    door = Door()

    async def requests(request: web.Request) -> web.Response:
        return web.json_response({"requests": list(door.requests)})

    found: list[web.AbstractRouteDef] = [
        *plan_routes("/simulator/llm-faults", LlmFault, door.faults),
        web.get("/simulator/llm-requests", requests),
    ]
    for provider, prefix in _PREFIXES.items():
        found += _chat_routes(door, config.llm_api_key, provider, prefix)
    return [*found, *_message_routes(door, config.llm_api_key)]


def _chat_routes(door: Door, key: str, provider: Provider, prefix: str) -> list[web.AbstractRouteDef]:
    refusal = chat.error_body(401, "Incorrect API key provided.", "invalid_api_key")

    def allowed(request: web.Request) -> bool:
        # vLLM asks for no key unless it is started with one.
        return provider == "local" or bearer_is(request, key)

    async def complete(request: web.Request) -> web.StreamResponse:
        return await door.serve(request, provider, partial(chat.chat_completion, provider), chat.error_body)

    async def models(request: web.Request) -> web.Response:
        if provider == "openai" and "anthropic-version" in request.headers:
            return web.json_response(_anthropic_models())
        return web.json_response({"object": "list", "data": [_model(name) for name in _MODELS[provider]]})

    async def one_model(request: web.Request) -> web.Response:
        name = request.match_info["model"]
        if provider == "openai" and "anthropic-version" in request.headers:
            if messages.exists(name):
                return web.json_response(_anthropic_model(name))
            return web.json_response(messages.error_body(404, f"model: {name}"), status=404)
        if chat.exists(provider, name):
            return web.json_response(_model(name))
        missing = f"The model '{name}' does not exist"
        return web.json_response(chat.error_body(404, missing, "model_not_found"), status=404)

    found: list[web.AbstractRouteDef] = [
        web.post(f"{prefix}/chat/completions", guarded(allowed, complete, refusal)),
        web.get(f"{prefix}/models", guarded(allowed, models, refusal)),
    ]
    if provider != "local":  # vLLM only lists them
        found.append(web.get(f"{prefix}/models/{{model:.+}}", guarded(allowed, one_model, refusal)))
    return found


def _message_routes(door: Door, key: str) -> list[web.AbstractRouteDef]:
    refusal = messages.error_body(401, "Invalid authentication credentials")

    async def create(request: web.Request) -> web.StreamResponse:
        if "anthropic-version" not in request.headers:
            body = messages.error_body(400, "anthropic-version: header is required")
            return web.json_response(body, status=400)
        return await door.serve(request, "anthropic", messages.message, messages.error_body)

    return [web.post("/v1/messages", guarded(lambda request: bearer_is(request, key), create, refusal))]


def _anthropic_models() -> dict[str, Any]:
    names = _MODELS["anthropic"]
    listed = [_anthropic_model(name) for name in names]
    return {"data": listed, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def _anthropic_model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-09-22T00:00:00Z"}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "simulator"}
