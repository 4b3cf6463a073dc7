"""Start-up checks, run as a production start would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callcenter.checks import configuration, errors
from callcenter.env import BASE_DIR

pytestmark = pytest.mark.integration

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "9f0Xk2Lq7Zr4Vt1Yw8Bn5Mc3Hd6Js0Pa-2Ue4Gi7Ro1Tx5Kv8Ny3Ql",
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "postgresql://calls@127.0.0.1/calls",
    "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_PHONE_NUMBER": "+12025550142",
    "DEEPGRAM_API_KEY": "key",
    "OPENAI_API_KEY": "key",
}


def test_a_complete_production_configuration_has_no_issue(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE_DIR,
        env={**os.environ, "DATA_ROOT": str(tmp_path), **PRODUCTION},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def found() -> dict[str, str]:
    """Id and message of what the checks say now."""
    return {str(message.id): f"{message.msg} {message.hint}" for message in configuration(None)}


def test_an_empty_production_configuration_names_everything_that_is_missing(settings: Any) -> None:
    settings.PRODUCTION = True
    settings.DEBUG = True
    settings.DATABASE_URL = ""
    messages = found()
    ids = ("E001", "E002", "E003", "E004", "E005", "W002", "W004")
    assert set(messages) == {f"callcenter.{n}" for n in ids}
    for identity, name in (("E001", "REDIS_URL"), ("E002", "PUBLIC_BASE_URL"), ("E003", "TWILIO_AUTH_TOKEN")):
        assert name in messages[f"callcenter.{identity}"]
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_PHONE_NUMBER", "DEEPGRAM_API_KEY"):
        assert any(line.startswith(f"Calls cannot be placed: {name} is not set.") for line in errors())


def test_half_of_the_providers_is_a_warning_that_names_the_other_half(settings: Any) -> None:
    assert found() == {}
    settings.DEEPGRAM_API_KEY = "key"
    assert "TWILIO_ACCOUNT_SID is not set." in "".join(str(message.msg) for message in configuration(None))


@pytest.mark.parametrize(
    ("provider", "missing"),
    [("openai", "OPENAI_API_KEY"), ("groq", "GROQ_API_KEY"), ("local", "VLLM_BASE_URL and VLLM_MODEL")],
)
def test_a_model_that_cannot_be_asked_is_a_warning(settings: Any, provider: str, missing: str) -> None:
    settings.DEEPGRAM_API_KEY = "key"
    settings.DIAL_PROBLEMS = []
    settings.LLM_PROVIDER = provider
    assert f"needs {missing}" in found()["callcenter.W004"]


def test_a_misspelt_name_in_the_file_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "my.env"
    file.write_text("TWILO_AUTH_TOKEN=x\nPORT=3001\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    assert list(found()) == ["callcenter.W003"]
    assert "TWILO_AUTH_TOKEN in my.env is not a variable" in found()["callcenter.W003"]
