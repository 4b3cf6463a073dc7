"""Deepgram Voice Agent v1: the Settings message of a phone call.

Source: Deepgram docs, "Configure the Voice Agent".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from telephony.speaker import Speaker

_WIRE_PROVIDER = {"openai": "open_ai"}
_ROLES: dict[str, str] = {Speaker.CALLER: "user", Speaker.AGENT: "assistant"}


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The models of a voice agent, as configured by `DEEPGRAM_VOICE_AGENT_*`."""

    listen_model: str
    speak_model: str
    think_provider: str
    think_model: str
    think_temperature: float | None = None
    think_endpoint_url: str = ""
    think_endpoint_headers: dict[str, str] = field(default_factory=dict)


def settings_message(
    config: AgentConfig,
    *,
    prompt: str,
    functions: list[dict[str, Any]],
    greeting: str | None,
    call_sid: str,
    history: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The one Settings message of a phone call: mu-law 8 kHz both ways, raw.

    `greeting` None means that the agent waits for the other side. `history` is what was said before, as (speaker,
    text). The tag lets Deepgram's usage be matched to a call.
    """
    listen: dict[str, Any] = {"type": "deepgram", "model": config.listen_model}
    # Flux models are served by the second version of the listen provider only.
    listen["version"] = "v2" if config.listen_model.startswith("flux-") else "v1"
    provider: dict[str, Any] = {
        "type": _WIRE_PROVIDER.get(config.think_provider, config.think_provider),
        "model": config.think_model,
    }
    if config.think_temperature is not None:
        provider["temperature"] = config.think_temperature
    think: dict[str, Any] = {"provider": provider, "prompt": prompt, "functions": functions}
    if config.think_endpoint_url:
        think["endpoint"] = {"url": config.think_endpoint_url, "headers": config.think_endpoint_headers}
    agent: dict[str, Any] = {
        "listen": {"provider": listen},
        "think": think,
        "speak": {"provider": {"type": "deepgram", "model": config.speak_model}},
    }
    if greeting is not None:
        agent["greeting"] = greeting
    messages = [{"type": "History", "role": _ROLES[speaker], "content": text} for speaker, text in history]
    if messages:
        agent["context"] = {"messages": messages}
    return {
        "type": "Settings",
        "tags": [f"call:{call_sid}"],
        "audio": {
            "input": {"encoding": "mulaw", "sample_rate": 8000},
            "output": {"encoding": "mulaw", "sample_rate": 8000, "container": "none"},
        },
        "agent": agent,
    }
