"""A model on a server of one's own: vLLM, Ollama, or anything else that speaks OpenAI's chat completions."""

from __future__ import annotations

from django.conf import settings

from tasks_app.llm.chat import ChatModel


def configured() -> ChatModel:
    """The model that the settings name. Such servers differ in how they are told to answer in JSON."""
    return ChatModel(
        provider="local",
        name="The local model server",
        variables="VLLM",
        model=settings.VLLM_MODEL,
        base_url=settings.VLLM_BASE_URL,
        api_key=settings.VLLM_API_KEY,
        ladder=("json_schema", "structured_outputs", "json_object", "plain"),
        length_limit="max_tokens",
    )
