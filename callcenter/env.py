"""Every variable the product reads, typed and described: the only place that looks at the environment.

Values come from the process environment, else from the file `.env` at the project's root (another file
when `ENV_FILE` names one). An empty value means the default.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import phonenumbers
from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, SettingsConfigDict

from callcenter.env_errors import line
from callcenter.env_types import (
    AccountSid,
    DatabaseUrl,
    Headers,
    HostList,
    HttpUrl,
    PhoneNumber,
    Prices,
    RedisUrl,
    Region,
    RegionList,
    SiteUrl,
    WsUrl,
)

BASE_DIR = Path(__file__).resolve().parent.parent


def _variable(section: str, default: Any, description: str, *, secret: bool = False, **field: Any) -> Any:
    extra: JsonDict = {"section": section, "secret": secret}
    return Field(
        default,
        description=description,
        json_schema_extra=extra,
        repr=not secret,
        validate_default=True,
        **field,
    )


class Env(BaseSettings):
    """The environment, once it is known to make sense."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, env_file_encoding="utf-8")

    environment: Literal["embedded", "production"] = _variable(
        "Server",
        "embedded",
        "embedded: one machine, one command. production: real providers, strict start-up checks.",
    )
    host: str = _variable("Server", "127.0.0.1", "Address the web server listens on.")
    port: int = _variable("Server", 3001, "Port the web server listens on.", ge=1, le=65535)
    data_root: Path = _variable(
        "Server",
        Path("data"),
        "Folder for the database, recordings, logs and the first key; all processes share it.",
    )
    public_base_url: SiteUrl = _variable(
        "Server",
        "",
        "Where Twilio reaches this server: https://calls.example.com. Its older name: TWILIO_WEBHOOK_HOST.",
        validation_alias=AliasChoices("PUBLIC_BASE_URL", "TWILIO_WEBHOOK_HOST"),
    )
    media_base_url: SiteUrl = _variable(
        "Server", "", "Where Twilio reaches this very process for audio; default PUBLIC_BASE_URL."
    )
    allowed_hosts: HostList = _variable(
        "Server", [], "Further host names this server answers to, separated by commas."
    )
    secret_key: str = _variable(
        "Server",
        "",
        "Signs sessions. Made once and kept in DATA_ROOT/secret-key when empty; required in production.",
        secret=True,
    )
    debug: bool = _variable("Server", False, "Django's debug pages, for development only.")
    drain_seconds: int | None = _variable(
        "Server",
        None,
        "How long a stopping server waits for live calls; default 0 embedded, 600 production.",
        ge=0,
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable(
        "Server", "INFO", "The least severe messages that are logged."
    )
    log_noisy_events_every_n: int = _variable(
        "Server",
        120,
        "Of very frequent events, write one line for this many; 0: only those that failed.",
        ge=0,
    )

    database_url: DatabaseUrl = _variable(
        "Storage", "", "PostgreSQL's URL; an SQLite file under DATA_ROOT when empty.", secret=True
    )
    redis_url: RedisUrl = _variable(
        "Storage", "", "Redis or Valkey; `manage.py up` starts its own when empty.", secret=True
    )

    twilio_account_sid: AccountSid = _variable("Twilio", "", "The account that places the calls.")
    twilio_auth_token: str = _variable("Twilio", "", "Its auth token.", secret=True)
    twilio_phone_number: PhoneNumber = _variable("Twilio", "", "The number calls are placed from.")
    twilio_api_base_url: HttpUrl = _variable("Twilio", "https://api.twilio.com", "Twilio's REST API.")

    deepgram_api_key: str = _variable(
        "Deepgram", "", "Required for calls while the voice agent is enabled.", secret=True
    )
    deepgram_api_base_url: HttpUrl = _variable(
        "Deepgram", "https://api.deepgram.com", "Deepgram's REST API, for transcription after the call."
    )
    post_call_transcription: bool = _variable(
        "Deepgram",
        True,
        "false: what was heard during the call is the transcript; its recording is not sent.",
    )
    deepgram_voice_agent_enabled: bool = _variable(
        "Deepgram", True, "false: calls are held and recorded, and no agent speaks."
    )
    deepgram_voice_agent_ws_url: WsUrl = _variable(
        "Deepgram", "wss://agent.deepgram.com/v1/agent/converse", "The voice agent's socket."
    )
    deepgram_voice_agent_listen_model: str = _variable("Deepgram", "nova-3", "The model that listens.")
    deepgram_voice_agent_speak_model: str = _variable(
        "Deepgram", "aura-2-thalia-en", "The voice that speaks."
    )
    deepgram_voice_agent_think_provider: Literal["openai", "anthropic", "google", "groq"] = _variable(
        "Deepgram", "openai", "Whose model thinks during the call."
    )
    deepgram_voice_agent_think_model: str = _variable("Deepgram", "gpt-4o-mini", "The model that thinks.")
    deepgram_voice_agent_think_temperature: float | None = _variable(
        "Deepgram", None, "Sent only when set.", ge=0, le=2
    )
    deepgram_voice_agent_think_endpoint_url: HttpUrl = _variable(
        "Deepgram", "", "The thinking model's endpoint, where it is not the provider's own."
    )
    deepgram_voice_agent_think_endpoint_headers: Headers = _variable(
        "Deepgram", {}, "Headers for that endpoint: a JSON object of strings.", secret=True
    )

    llm_provider: Literal["openai", "anthropic", "groq", "local"] = _variable(
        "Analysis", "openai", "Who judges a finished call. local: an OpenAI-compatible server such as vLLM."
    )
    openai_api_key: str = _variable("Analysis", "", "Required by LLM_PROVIDER=openai.", secret=True)
    openai_model: str = _variable("Analysis", "gpt-5.4-mini", "OpenAI's model.")
    openai_base_url: HttpUrl = _variable("Analysis", "https://api.openai.com/v1", "OpenAI's API.")
    anthropic_api_key: str = _variable("Analysis", "", "Required by LLM_PROVIDER=anthropic.", secret=True)
    anthropic_model: str = _variable("Analysis", "claude-haiku-5-5", "Anthropic's model.")
    anthropic_base_url: HttpUrl = _variable("Analysis", "https://api.anthropic.com", "Anthropic's API.")
    groq_api_key: str = _variable("Analysis", "", "Required by LLM_PROVIDER=groq.", secret=True)
    groq_model: str = _variable("Analysis", "openai/gpt-oss-120b", "Groq's model.")
    groq_base_url: HttpUrl = _variable("Analysis", "https://api.groq.com/openai/v1", "Groq's API.")
    vllm_base_url: HttpUrl = _variable("Analysis", "", "Required by LLM_PROVIDER=local: the server's URL.")
    vllm_model: str = _variable("Analysis", "", "Required by LLM_PROVIDER=local: the model it serves.")
    vllm_api_key: str = _variable("Analysis", "", "For a local server that asks for a key.", secret=True)

    default_phone_region: Region = _variable("Calls", "US", "The country of numbers typed without one.")
    allowed_countries: RegionList = _variable(
        "Calls",
        [],
        "Countries that may be called, as in US,CA; default the country of TWILIO_PHONE_NUMBER.",
    )
    max_call_seconds: int = _variable("Calls", 900, "The longest a call may last.", ge=10, le=14400)
    ring_timeout_seconds: int = _variable("Calls", 45, "How long the phone may ring.", ge=5, le=600)
    silence_timeout_seconds: int = _variable(
        "Calls", 30, "A call is ended after this much silence.", ge=5, le=600
    )
    max_live_calls: int = _variable("Calls", 20, "How many calls may be live at once.", ge=1)
    max_calls_per_day: int = _variable(
        "Calls", 200, "How many real calls one person's tasks may place within 24 hours.", ge=1
    )
    prices: Prices = _variable(
        "Calls",
        {},
        "Your own prices in US dollars: a JSON object, as docs/costs.md shows.",
    )

    simulator_port: int = _variable("Simulator", 0, "Its port; 0 is a free one.", ge=0, le=65535)
    simulator_url: HttpUrl = _variable(
        "Simulator", "", "Set by `manage.py up` for its own processes: calls are then labelled simulated."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _required_in_production(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("environment") == "production":
            raise ValueError(
                "is required when ENVIRONMENT=production; make one with "
                "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`"
            )
        return value


class ConfigurationError(SystemExit):
    """Variables that make no sense: ends the process with one line for each, and no traceback."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__(
            "\n".join(["The configuration needs a correction:", *(f"  {line}" for line in lines)])
        )


def env_file() -> Path:
    """The file variables are read from when the process environment does not have them."""
    return Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")


def known_names() -> set[str]:
    """The name of every variable, older names included."""
    return {name.upper() for name in Env.model_fields} | {"TWILIO_WEBHOOK_HOST", "ENV_FILE"}


def process_environment() -> dict[str, str]:
    """A copy of this process's environment, to start children with."""
    return dict(os.environ)


def shared_metrics_dir() -> str:
    """Where prometheus_client keeps the counters of several processes; it reads this variable by itself.

    `manage.py up` sets it. Without it each process counts alone.
    """
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


def load() -> Env:
    """Read the environment.

    Raises:
        ConfigurationError: naming every variable that is wrong, all at once.
    """
    try:
        return Env(_env_file=env_file())
    except ValidationError as error:
        raise ConfigurationError(list(dict.fromkeys(line(details) for details in error.errors()))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            [f"{env_file()}: cannot be read ({error}). Save it as UTF-8 text."]
        ) from None


def allowed_countries(env: Env) -> list[str]:
    """The countries that may be called: as set, else the account's own, else the default region."""
    if env.allowed_countries:
        return env.allowed_countries
    if env.twilio_phone_number:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(env.twilio_phone_number))
        return [region or env.default_phone_region]
    return [env.default_phone_region]


def dial_problems(env: Env) -> list[str]:
    """What keeps a real call from being placed, one sentence for each; nothing when calls are simulated."""
    if env.simulator_url:
        return []
    required = {
        "TWILIO_ACCOUNT_SID": env.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": env.twilio_auth_token,
        "TWILIO_PHONE_NUMBER": env.twilio_phone_number,
        "PUBLIC_BASE_URL": env.public_base_url,
    }
    if env.deepgram_voice_agent_enabled:
        required["DEEPGRAM_API_KEY"] = env.deepgram_api_key
    problems = [f"{name} is not set." for name, value in required.items() if not value]
    if env.public_base_url.startswith("http://"):
        problems.append("PUBLIC_BASE_URL must begin with https://, or Twilio will not connect the audio.")
    return problems
