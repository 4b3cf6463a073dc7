"""Variables: typed, all errors at once, empty means default, and .env.example is true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from callcenter import env
from callcenter.env_example import render
from callcenter.prices import LIST_PRICES

pytestmark = pytest.mark.unit


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A clean environment and an empty .env file."""
    for name in env.known_names():
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").touch()
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "http", "PORT: must be a whole number."),
        ("PORT", "70000", "PORT: must be at most 65535."),
        ("DEBUG", "maybe", "DEBUG: must be true or false."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: must be one of DEBUG, INFO, WARNING or ERROR."),
        ("LLM_PROVIDER", "bing", "LLM_PROVIDER: must be one of openai, anthropic, groq or local."),
        ("LOG_NOISY_EVENTS_EVERY_N", "-1", "LOG_NOISY_EVENTS_EVERY_N: must be at least 0."),
        ("DEEPGRAM_VOICE_AGENT_THINK_TEMPERATURE", "warm", "must be a number."),
        (
            "DEEPGRAM_VOICE_AGENT_WS_URL",
            "https://x.example",
            "must be a URL that begins with ws:// or wss://.",
        ),
        ("DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS", "{x", "ENDPOINT_HEADERS: is not valid JSON"),
        ("DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS", '{"x": 1}', "must be a JSON object of strings"),
        ("PUBLIC_BASE_URL", "https://x.example/path", "PUBLIC_BASE_URL: must be a scheme and a host"),
        ("PUBLIC_BASE_URL", "ftp://x.example", "PUBLIC_BASE_URL: must be a URL"),
        ("TWILIO_API_BASE_URL", "api.twilio.com", "must be a URL that begins with http:// or https://."),
        ("TWILIO_ACCOUNT_SID", "SK123", "TWILIO_ACCOUNT_SID: must be AC and 32 hexadecimal digits"),
        ("TWILIO_PHONE_NUMBER", "555-1234", "TWILIO_PHONE_NUMBER: must be a number in international form"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL: must be postgresql://"),
        ("DATABASE_URL", "postgresql://", "DATABASE_URL: must be postgresql://"),
        ("DATABASE_URL", "postgresql://u:p@h:notaport/db", "DATABASE_URL: must be postgresql://"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL: must be redis://"),
        ("REDIS_URL", "redis://h:notaport/0", "REDIS_URL: must be redis://"),
        ("REDIS_URL", "redis://[h/0", "REDIS_URL: must be redis://"),
        ("ALLOWED_HOSTS", "a.example,https://b.example", "must be host names without scheme"),
        ("ALLOWED_HOSTS", "a.example:443", "must be host names without scheme"),
        ("ALLOWED_COUNTRIES", "US,UK", "UK is none (the United Kingdom is GB)."),
        ("DEFAULT_PHONE_REGION", "QQ", "must be the two letters of a country, and QQ is none."),
        ("ALLOWED_COUNTRIES", "US,Germany", "ALLOWED_COUNTRIES: must be the two letters of a country"),
        ("PRICES", "cheap", "PRICES: is not valid JSON"),
        ("PRICES", "[]", "PRICES: must be a JSON object"),
        ("PRICES", '{"twilio": 1}', "PRICES: has no such thing as 'twilio'"),
        ("PRICES", '{"twilio/outbound/US": "free"}', "must have US dollars for twilio/outbound/US"),
        ("PRICES", '{"twilio/outbound/US": -1}', "must have US dollars for twilio/outbound/US"),
        ("PRICES", '{"twilio/outbound/us": 0.02}', "PRICES: has no such thing as 'twilio/outbound/us'"),
        ("PRICES", '{"twilio/outbound/UK": 0.02}', "has no such thing as 'twilio/outbound/UK'"),
        ("PRICES", '{"openai/gpt-6": 2}', "has no such thing as 'openai/gpt-6'"),
        ("PRICES", '{"a/b": 0.1}', "has no such thing as 'a/b': names are like twilio/outbound/US"),
        ("PRICES", '{"twilio/media-stream": 1, "twilio/media-stream": 2}', "must have one price for"),
        ("PRICES", '{"as_of": "yesterday"}', "must have a date as its as_of"),
        ("PRICES", '{"as_of": "20261001"}', "must have a date as its as_of"),
        ("PRICES", '{"as_of": "2026-13-01"}', "must have a date as its as_of"),
    ],
)
def test_a_wrong_value_is_named(variables: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    variables.setenv(name, value)
    with pytest.raises(env.ConfigurationError) as caught:
        env.load()
    assert len(caught.value.lines) == 1
    assert caught.value.lines[0].startswith(f"{name}: ")
    assert line in caught.value.lines[0]


def test_all_wrong_values_are_named_at_once(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("PORT", "x")
    variables.setenv("DEBUG", "x")
    variables.setenv("ENVIRONMENT", "production")
    with pytest.raises(env.ConfigurationError) as caught:
        env.load()
    assert [line.split(":")[0] for line in caught.value.lines] == ["PORT", "SECRET_KEY", "DEBUG"]


def test_prices_are_read_to_the_last_digit(variables: pytest.MonkeyPatch) -> None:
    variables.setenv(
        "PRICES", '{"twilio/outbound/US": 0.0130, "local/qwen2.5:7b/input": 1, "as_of": "2026-11-01"}'
    )
    assert env.load().prices == {
        "twilio/outbound/US": "0.0130",
        "local/qwen2.5:7b/input": "1",
        "as_of": "2026-11-01",
    }


@pytest.mark.parametrize(
    "name",
    [
        *(row.key for row in LIST_PRICES),
        *("twilio/outbound/GB-special", "twilio/outbound/001", "twilio/outbound/elsewhere"),
        *("deepgram/agent/own-endpoint", "deepgram/agent/gpt-99", "local/meta/llama-9:70b/output"),
    ],
)
def test_what_may_be_in_a_bill_may_be_priced(variables: pytest.MonkeyPatch, name: str) -> None:
    variables.setenv("PRICES", json.dumps({name: 0.5}))
    assert env.load().prices == {name: "0.5"}


def test_a_wrong_secret_is_not_shown(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("DATABASE_URL", "mysql://me:hunter2@db/x")
    with pytest.raises(env.ConfigurationError) as caught:
        env.load()
    assert "hunter2" not in str(caught.value)


def test_empty_means_default(variables: pytest.MonkeyPatch) -> None:
    for name in env.known_names() - {"ENV_FILE"}:
        variables.setenv(name, "")
    assert env.load() == env.Env.model_construct()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "*,.example.com,calls-1.example.org,[::1],10.0.0.7"),
        ("DATABASE_URL", "postgresql:///calls"),
        ("DATABASE_URL", "postgres://u:p%40@[::1]:5432/calls?sslmode=require"),
        ("DATABASE_URL", "sqlite:///calls.sqlite3"),
        ("REDIS_URL", "unix:///run/valkey.sock"),
        ("REDIS_URL", "rediss://:p@cache.example:6380/1"),
    ],
)
def test_what_makes_sense_is_taken(variables: pytest.MonkeyPatch, name: str, value: str) -> None:
    variables.setenv(name, value)
    env.load()


def test_zero_noisy_events_is_a_choice(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("LOG_NOISY_EVENTS_EVERY_N", "0")
    assert env.load().log_noisy_events_every_n == 0


def test_the_environment_wins_over_the_file(variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4000\nHOST=0.0.0.0\n")
    variables.setenv("PORT", "5000")
    loaded = env.load()
    assert (loaded.port, loaded.host) == (5000, "0.0.0.0")


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://calls.example.com/", "https://calls.example.com"),
        ("calls.example.com", "https://calls.example.com"),
        ("http://127.0.0.1:3001", "http://127.0.0.1:3001"),
    ],
)
def test_the_older_name_of_the_public_url_works(variables: pytest.MonkeyPatch, value: str, url: str) -> None:
    variables.setenv("TWILIO_WEBHOOK_HOST", value)
    assert env.load().public_base_url == url


def test_lists_and_headers_are_read(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("ALLOWED_COUNTRIES", " us, ca ")
    variables.setenv("DEEPGRAM_VOICE_AGENT_THINK_ENDPOINT_HEADERS", '{"authorization": "Bearer x"}')
    loaded = env.load()
    assert loaded.allowed_countries == ["US", "CA"]
    assert loaded.deepgram_voice_agent_think_endpoint_headers == {"authorization": "Bearer x"}


@pytest.mark.parametrize(
    ("set_to", "countries"),
    [
        ({}, ["US"]),
        ({"DEFAULT_PHONE_REGION": "de"}, ["DE"]),
        ({"TWILIO_PHONE_NUMBER": "+442079460018", "DEFAULT_PHONE_REGION": "de"}, ["GB"]),
        ({"TWILIO_PHONE_NUMBER": "+442079460018", "ALLOWED_COUNTRIES": "FR"}, ["FR"]),
    ],
)
def test_allowed_countries(
    variables: pytest.MonkeyPatch, set_to: dict[str, str], countries: list[str]
) -> None:
    for name, value in set_to.items():
        variables.setenv(name, value)
    assert env.allowed_countries(env.load()) == countries


COMPLETE = {
    "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "TWILIO_AUTH_TOKEN": "x",
    "TWILIO_PHONE_NUMBER": "+12025550142",
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "DEEPGRAM_API_KEY": "x",
}


@pytest.mark.parametrize("missing", COMPLETE)
def test_what_keeps_a_call_from_being_placed_is_named(variables: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in COMPLETE.items():
        variables.setenv(name, value)
    assert env.dial_problems(env.load()) == []
    variables.delenv(missing)
    assert env.dial_problems(env.load()) == [f"{missing} is not set."]
    variables.setenv("SIMULATOR_URL", "http://127.0.0.1:1")
    assert env.dial_problems(env.load()) == []


def test_the_example_file_is_current() -> None:
    assert (env.BASE_DIR / ".env.example").read_text() == render(), "run `make env-example`"


def test_an_unedited_copy_of_the_example_gives_the_defaults(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("ENV_FILE", str(env.BASE_DIR / ".env.example"))
    assert set(dotenv_values(env.env_file())) == {name.upper() for name in env.Env.model_fields}
    assert env.load() == env.Env.model_construct()


@pytest.mark.parametrize(
    "program",
    [
        ["manage.py", "check"],
        ["-m", "callcenter.serve"],
        ["-m", "uvicorn", "callcenter.asgi:application", "--port", "0"],
        ["-m", "celery", "-A", "callcenter", "worker"],
    ],
)
def test_no_program_shows_a_traceback_for_a_wrong_variable(program: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *program],
        cwd=env.BASE_DIR,
        env={**os.environ, "PORT": "nonsense", "DATA_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "PORT: must be a whole number." in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_data_root_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=env.BASE_DIR,
        env={**os.environ, "DATA_ROOT": str(tmp_path / "file" / "data")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "DATA_ROOT: " in done.stderr
    assert "Traceback" not in done.stderr
