"""The model that `LLM_PROVIDER` names, and what is missing for it."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from django.conf import settings

from tasks_app.llm.base import Model

_REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "local": ("VLLM_BASE_URL", "VLLM_MODEL"),
}
_BASE_URL: Final = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "groq": "GROQ_BASE_URL",
    "local": "VLLM_BASE_URL",
}


def llm_problem() -> str:
    """Why no model can be asked, in a sentence that names the variable; empty when one can."""
    missing = [name for name in _REQUIRED[settings.LLM_PROVIDER] if not getattr(settings, name)]
    if not missing:
        return ""
    wanted = " and ".join(missing)
    verb = "are" if len(missing) > 1 else "is"
    return f"LLM_PROVIDER={settings.LLM_PROVIDER} needs {wanted}, which {verb} not set."


def llm_is_simulated() -> bool:
    """Whether the simulator's model answers instead of a real one."""
    base_url: str = getattr(settings, _BASE_URL[settings.LLM_PROVIDER])
    simulator: str = settings.SIMULATOR_URL
    return bool(simulator) and f"{base_url}/".startswith(f"{simulator.rstrip('/')}/")


def configured_model() -> Model | None:
    """The model to ask; None when `llm_problem` says why there is none."""
    if llm_problem():
        return None
    model: Model = import_module(f"tasks_app.llm.{settings.LLM_PROVIDER}").configured()
    return model
