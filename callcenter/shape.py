"""Whether `manage.py up` simulates the providers, and what its processes are then told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.conf import settings

SIMULATED_NUMBER = "+12025550142"


def simulates_providers() -> bool:
    """Both providers are simulated, or neither: with one of them configured, calls are refused instead."""
    return not (settings.TWILIO_ACCOUNT_SID or settings.TWILIO_AUTH_TOKEN or settings.DEEPGRAM_API_KEY)


def llm_is_configured() -> bool:
    """Some provider of the analysis is configured, if perhaps not the chosen one: then none is simulated."""
    keys = (settings.OPENAI_API_KEY, settings.ANTHROPIC_API_KEY, settings.GROQ_API_KEY)
    return any(keys) or bool(settings.VLLM_BASE_URL)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the simulator accepts, made anew at each start. It guards nothing but its own loopback port."""

    account_sid: str = field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    auth_token: str = field(default_factory=lambda: secrets.token_hex(16))
    deepgram_key: str = field(default_factory=lambda: secrets.token_hex(20))
    llm_key: str = field(default_factory=lambda: secrets.token_hex(20))

    def simulator_arguments(self) -> list[str]:
        """Its command line's part."""
        return [
            *("--twilio-account-sid", self.account_sid),
            *("--twilio-auth-token", self.auth_token),
            *("--deepgram-api-key", self.deepgram_key),
            *("--llm-api-key", self.llm_key),
        ]

    def environment(self, simulator_url: str, own_url: str) -> dict[str, str]:
        """The variables that lead our own processes to the simulator, under the names real providers have."""
        variables = {
            "SIMULATOR_URL": simulator_url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_PHONE_NUMBER": settings.TWILIO_PHONE_NUMBER or SIMULATED_NUMBER,
            "TWILIO_API_BASE_URL": simulator_url,
            "DEEPGRAM_API_KEY": self.deepgram_key,
            "DEEPGRAM_API_BASE_URL": simulator_url,
            "DEEPGRAM_VOICE_AGENT_WS_URL": f"{simulator_url.replace('http', 'ws', 1)}/v1/agent/converse",
            "PUBLIC_BASE_URL": settings.PUBLIC_BASE_URL or own_url,
        }
        return variables if llm_is_configured() else variables | self._llm(simulator_url)

    def _llm(self, simulator_url: str) -> dict[str, str]:
        """The simulator's language model, in OpenAI's place."""
        return {
            "LLM_PROVIDER": "openai",
            "OPENAI_API_KEY": self.llm_key,
            "OPENAI_BASE_URL": f"{simulator_url}/v1",
        }
