"""Start-up checks: a configuration that would fail later is refused now, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Warning, register
from dotenv import dotenv_values

from callcenter import env
from callcenter.database import is_sqlite
from tasks_app.llm.factory import llm_problem


def errors() -> list[str]:
    """What must be mended before anything starts: message and hint of each error."""
    return [f"{found.msg} {found.hint}" for found in configuration(None) if found.is_serious(ERROR)]


@register
def configuration(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """All of them: production's, a half-configured embedded installation's, and misspelt names in `.env`."""
    found = [*_unknown_names()]
    if settings.PRODUCTION:
        found += [*_production(), *_language_model()]
    elif settings.TWILIO_AUTH_TOKEN or settings.TWILIO_ACCOUNT_SID or settings.DEEPGRAM_API_KEY:
        found += [
            Warning(f"Calls cannot be placed: {problem}", hint="Set it in .env.", id="callcenter.W001")
            for problem in settings.DIAL_PROBLEMS
        ]
        found += _language_model()
    return found


def _production() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is not set: several processes cannot share events, tasks and limits.",
            hint="Set REDIS_URL to a Redis or Valkey server, as in redis://127.0.0.1:6379/0.",
            id="callcenter.E001",
        )
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        yield Error(
            "PUBLIC_BASE_URL is not an https:// address: Twilio will not connect the audio of a call.",
            hint="Put a TLS proxy in front and set PUBLIC_BASE_URL=https://your-host.",
            id="callcenter.E002",
        )
    if not settings.TWILIO_AUTH_TOKEN:
        yield Error(
            "TWILIO_AUTH_TOKEN is not set: Twilio's requests cannot be told from anybody's.",
            hint="Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER from the Twilio console.",
            id="callcenter.E003",
        )
    for problem in settings.DIAL_PROBLEMS:
        if not problem.startswith(("PUBLIC_BASE_URL", "TWILIO_AUTH_TOKEN")):
            yield Error(f"Calls cannot be placed: {problem}", hint="Set it.", id="callcenter.E005")
    if settings.DEBUG:
        yield Error("DEBUG is on in production.", hint="Leave DEBUG empty.", id="callcenter.E004")
    if is_sqlite(settings.DATABASE_URL):
        yield Warning(
            "DATABASE_URL is not set: SQLite serves one machine only.",
            hint="Set DATABASE_URL=postgresql://user:password@host:5432/name.",
            id="callcenter.W002",
        )


def _language_model() -> Iterator[CheckMessage]:
    if problem := llm_problem():
        yield Warning(
            f"Finished calls are not judged: {problem}",
            hint="Set it in .env, or choose another LLM_PROVIDER.",
            id="callcenter.W004",
        )


def _unknown_names() -> Iterator[CheckMessage]:
    for name in dotenv_values(env.env_file()):
        if name.upper() not in env.known_names():
            yield Warning(
                f"{name} in {env.env_file().name} is not a variable of this product.",
                hint="Compare it with .env.example.",
                id="callcenter.W003",
            )
