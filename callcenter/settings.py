"""Django's settings: the variables of callcenter/env.py under their own names, and what follows from them."""

from __future__ import annotations

import logging
import ssl
import sys
import warnings
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from callcenter import broker, database, env, kept, logs, prices, private_files
from callcenter.content_policy import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY

ENV = env.load()
BASE_DIR: Path = env.BASE_DIR

# ---- The environment's own names ----

PRODUCTION: bool = ENV.environment == "production"
HOST: str = ENV.host
PORT: int = ENV.port
DATA_ROOT: Path = (BASE_DIR / ENV.data_root.expanduser()).resolve()
PUBLIC_BASE_URL: str = ENV.public_base_url
MEDIA_BASE_URL: str = ENV.media_base_url or ENV.public_base_url
DEBUG: bool = ENV.debug
DRAIN_SECONDS: int = ENV.drain_seconds if ENV.drain_seconds is not None else (600 if PRODUCTION else 0)
LOG_LEVEL: str = ENV.log_level
LOG_NOISY_EVENTS_EVERY_N: int = ENV.log_noisy_events_every_n
DATABASE_URL: str = ENV.database_url
REDIS_URL: str = ENV.redis_url

TWILIO_ACCOUNT_SID: str = ENV.twilio_account_sid
TWILIO_AUTH_TOKEN: str = ENV.twilio_auth_token
TWILIO_PHONE_NUMBER: str = ENV.twilio_phone_number
TWILIO_API_BASE_URL: str = ENV.twilio_api_base_url

DEEPGRAM_API_KEY: str = ENV.deepgram_api_key
DEEPGRAM_API_BASE_URL: str = ENV.deepgram_api_base_url
POST_CALL_TRANSCRIPTION: bool = ENV.post_call_transcription
TRANSCRIPTION_DEADLINE_SECONDS = 180.0
DEEPGRAM_VOICE_AGENT_ENABLED: bool = ENV.deepgram_voice_agent_enabled
DEEPGRAM_VOICE_AGENT_WS_URL: str = ENV.deepgram_voice_agent_ws_url
DEEPGRAM_VOICE_AGENT_LISTEN_MODEL: str = ENV.deepgram_voice_agent_listen_model
DEEPGRAM_VOICE_AGENT_SPEAK_MODEL: str = ENV.deepgram_voice_agent_speak_model
DEEPGRAM_VOICE_AGENT_THINK_PROVIDER: str = ENV.deepgram_voice_agent_think_provider
DEEPGRAM_VOICE_AGENT_THINK_MODEL: str = ENV.deepgram_voice_agent_think_model
DEEPGRAM_VOICE_AGENT_THINK_TEMPERATURE: float | None = ENV.deepgram_voice_agent_think_temperature
DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_URL: str = ENV.deepgram_voice_agent_think_endpoint_url
DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS: dict[str, str] = ENV.deepgram_voice_agent_think_endpoint_headers

LLM_PROVIDER: str = ENV.llm_provider
OPENAI_API_KEY: str = ENV.openai_api_key
OPENAI_MODEL: str = ENV.openai_model
OPENAI_BASE_URL: str = ENV.openai_base_url
ANTHROPIC_API_KEY: str = ENV.anthropic_api_key
ANTHROPIC_MODEL: str = ENV.anthropic_model
ANTHROPIC_BASE_URL: str = ENV.anthropic_base_url
GROQ_API_KEY: str = ENV.groq_api_key
GROQ_MODEL: str = ENV.groq_model
GROQ_BASE_URL: str = ENV.groq_base_url
VLLM_BASE_URL: str = ENV.vllm_base_url
VLLM_MODEL: str = ENV.vllm_model
VLLM_API_KEY: str = ENV.vllm_api_key
ANALYSIS_DEADLINE_SECONDS = 120.0
WORK_LEASE_SECONDS = 30.0  # so long after its worker died, work after a call may be begun again

DEFAULT_PHONE_REGION: str = ENV.default_phone_region
ALLOWED_COUNTRIES: list[str] = env.allowed_countries(ENV)
MAX_CALL_SECONDS: int = ENV.max_call_seconds
MAX_LIVE_CALLS: int = ENV.max_live_calls
MAX_CALLS_PER_DAY: int = ENV.max_calls_per_day
RING_TIMEOUT_SECONDS: int = ENV.ring_timeout_seconds
SILENCE_TIMEOUT_SECONDS: int = ENV.silence_timeout_seconds

PRICES = prices.table(ENV.prices)
AGENT_PRICE = prices.agent_key(
    ENV.deepgram_voice_agent_think_model,
    has_own_endpoint=bool(ENV.deepgram_voice_agent_think_endpoint_url)
    or ENV.deepgram_voice_agent_think_provider == "groq",
)

SIMULATOR_PORT: int = ENV.simulator_port
SIMULATOR_URL: str = ENV.simulator_url
SIMULATED: bool = bool(ENV.simulator_url)
DIAL_PROBLEMS: list[str] = env.dial_problems(ENV)

# ---- DATA_ROOT ----

try:
    private_files.make_data_root(DATA_ROOT)
    SECRET_KEY: str = ENV.secret_key or kept.text_in(DATA_ROOT / "secret-key", lambda: token_urlsafe(50))
except OSError as error:
    raise env.ConfigurationError(
        [f"DATA_ROOT: {DATA_ROOT} cannot be used ({error.strerror}). Mend that, or choose another folder."]
    ) from None

# ---- Django ----

ROOT_URLCONF = "callcenter.urls"
ASGI_APPLICATION = "callcenter.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True  # for the pages; the API and the webhooks have their routes without one as well
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

INSTALLED_APPS = [
    # Gives `runserver` WebSockets; elsewhere its import of Twisted would only slow every process down.
    *(["daphne"] if "runserver" in sys.argv[1:2] else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "callcenter",
    "tasks_app",
    "telephony",
    "telemetry",
]

MIDDLEWARE = [
    "telemetry.middleware.http_telemetry",
    "callcenter.secure_cookies.secure_cookies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "callcenter.idempotency.idempotency",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "callcenter.context.product",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()  # no collectstatic step on one machine
warnings.filterwarnings("ignore", message="No directory at: .*staticfiles")

# ---- Hosts and cookies ----

ALLOWED_HOSTS: list[str] = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *ENV.allowed_hosts,
    *(host for url in (PUBLIC_BASE_URL, MEDIA_BASE_URL) if (host := urlsplit(url).hostname)),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL] if PUBLIC_BASE_URL else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_SSL_REDIRECT = False  # the proxy's task: probes and Twilio's signed requests must never be redirected
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-sessionid" if PRODUCTION else f"sessionid_{PORT}"  # cookies ignore ports
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else f"csrftoken_{PORT}"
CSRF_COOKIE_HTTPONLY = False  # pages read it for their own requests
SESSION_COOKIE_AGE = 14 * 24 * 3600
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # see SECURE_SSL_REDIRECT

# ---- Storage ----

DATABASES: dict[str, dict[str, Any]] = {"default": database.from_url(DATABASE_URL, DATA_ROOT)}
if database.is_sqlite(DATABASE_URL):
    private_files.make_private_database(DATABASES["default"]["NAME"])

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "callcenter",
        }
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # an explicit socket_timeout above the layer's own 5 s waits, or idle sockets are dropped
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 30}], "prefix": "callcenter"},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# ---- Celery ----

CELERY_BROKER_URL = broker.celery_url(REDIS_URL)
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss:") else None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # above the longest task: lost work is for the sweeper to find
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "global_keyprefix": "callcenter.",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a request must not wait for a broker that is away
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 10  # telephony.slots.AT_ONCE of each of two kinds of work, and two sweeps
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 1.0
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "telephony.sweep": {"task": "telephony.tasks.sweep", "schedule": 15.0, "options": {"expires": 15.0}},
    "tasks_app.sweep": {"task": "tasks_app.tasks.sweep", "schedule": 15.0, "options": {"expires": 15.0}},
}

# ---- REST ----

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "callcenter.auth.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tasks_app.problems.exception_handler",
}


def _call_states() -> list[str]:
    from telephony.lifecycle import State

    return [state.value for state in State]


SPECTACULAR_SETTINGS = {
    "TITLE": "Callcenter",
    "DESCRIPTION": "Write an errand, have it made by telephone, read what came of it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",  # its schemas are JSON Schema as it is
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "CallStateEnum": _call_states,
        "RecordingStateEnum": "telephony.models.Recording.State",
    },
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# ---- Telemetry ----

TELEMETRY_IDS_OF = "tasks_app.selectors.telemetry_ids_of"
PROMETHEUS_MULTIPROC_DIR = env.shared_metrics_dir()

# ---- Logs ----

logging.raiseExceptions = DEBUG  # a full disk must not fill the console with tracebacks of the logger itself
LOGGING = logs.config(DATA_ROOT / "service.log", LOG_LEVEL)
