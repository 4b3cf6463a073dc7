"""What the agent of one call is told when it connects: models, prompt, functions, and how to begin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from telephony import prompts, tools
from telephony.base_urls import without_version
from telephony.deepgram.settings import AgentConfig, settings_message
from telephony.effects import Begin
from telephony.models import Call


def agent_settings(
    call: Call, begin: Begin, history: Iterable[tuple[str, str]], whispers: Iterable[str]
) -> dict[str, Any]:
    """The Settings message. `history`: who said what so far, for an agent that resumes."""
    brief = call.get_brief()
    return settings_message(
        agent_config(),
        prompt=prompts.system_prompt(brief, opening_spoken=begin is not Begin.LISTEN, whispers=whispers),
        functions=tools.FUNCTIONS,
        greeting=prompts.opening_line(brief) if begin is Begin.GREET else None,
        call_sid=call.call_sid or "",
        history=history if begin is Begin.RESUME else (),
    )


def agent_config() -> AgentConfig:
    """What the operator has configured. Groq is only served through an endpoint: its own, with its own key."""
    url = settings.DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_URL
    headers = settings.DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS
    if settings.DEEPGRAM_VOICE_AGENT_THINK_PROVIDER == "groq" and not url:
        url = f"{without_version(settings.GROQ_BASE_URL)}/v1/chat/completions"
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
