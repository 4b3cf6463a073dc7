"""The voice agent's models, from the variables `DEEPGRAM_VOICE_AGENT_*`."""

from __future__ import annotations

from django.conf import settings

from telephony.deepgram.messages import AgentConfig


def agent_config() -> AgentConfig:
    """What the operator has configured. Groq is only served through an endpoint: its own, with its own key."""
    url = settings.DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_URL
    headers = settings.DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS
    if settings.DEEPGRAM_VOICE_AGENT_THINK_PROVIDER == "groq" and not url:
        url = f"{settings.GROQ_BASE_URL.rstrip('/').removesuffix('/v1')}/v1/chat/completions"
        headers = {"authorization": f"Bearer {settings.GROQ_API_KEY}", **headers}
    return AgentConfig(
        listen_model=settings.DEEPGRAM_VOICE_AGENT_LISTEN_MODEL,
        speak_model=settings.DEEPGRAM_VOICE_AGENT_SPEAK_MODEL,
        think_provider=settings.DEEPGRAM_VOICE_AGENT_THINK_PROVIDER,
        think_model=settings.DEEPGRAM_VOICE_AGENT_THINK_MODEL,
        think_temperature=settings.DEEPGRAM_VOICE_AGENT_THINK_TEMPERATURE,
        think_endpoint_url=url,
        think_endpoint_headers=headers,
    )
