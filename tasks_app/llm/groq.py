"""Models at Groq. Some follow a schema; the others answer 400 to one and take `json_object`."""

from __future__ import annotations

from django.conf import settings

from tasks_app.llm.chat import ChatModel


def configured() -> ChatModel:
    """The model that the settings name."""
    return ChatModel(
        provider="groq",
        name="Groq",
        variables="GROQ",
        model=settings.GROQ_MODEL,
        base_url=settings.GROQ_BASE_URL,
        api_key=settings.GROQ_API_KEY,
        ladder=("json_schema", "json_object"),
    )
