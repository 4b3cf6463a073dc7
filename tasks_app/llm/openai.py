"""OpenAI's own models."""

from __future__ import annotations

from django.conf import settings

from tasks_app.llm.chat import ChatModel


def configured() -> ChatModel:
    """The model that the settings name."""
    return ChatModel(
        provider="openai",
        name="OpenAI",
        variables="OPENAI",
        model=settings.OPENAI_MODEL,
        base_url=settings.OPENAI_BASE_URL,
        api_key=settings.OPENAI_API_KEY,
    )
