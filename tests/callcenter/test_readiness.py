"""What works and what is missing, asked of real servers: the simulator, a broker, and an https address of our own."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings
from rest_framework.test import APIClient

from callcenter import broker, data_root
from callcenter.models import ApiKey
from callcenter.readiness import Check, Readiness, State, machine, readiness, run
from simulator.config import SimulatorConfig
from telephony import disk_room
from tests.telephony.simulated import ACCOUNT, NUMBER, TOKEN, running_simulator
from tests.telephony.twilio.rest_server import hangs, replies, serving
from tests.telephony.twilio.tls import self_signed
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

LLM_KEY = SimulatorConfig().llm_api_key
BASE_URLS = {"openai": "/v1", "anthropic": "", "groq": "/groq/openai/v1", "local": "/vllm"}
NEEDED = {
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_PHONE_NUMBER",
    "PUBLIC_BASE_URL",
    "DEEPGRAM_API_KEY",
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with running_simulator() as running:
        yield running.url


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    at = broker.socket_path(tmp_path_factory.mktemp("broker"))
    command = broker.command(broker.server_binary(), at, at.parent)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: broker.answers(at))
        yield f"unix://{at}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An https address at which our /health answers, and the file of its certificate."""
    certificate = tmp_path_factory.mktemp("tls") / "cert.pem"
    with serving(replies(200, {"status": "ok"}), tls=self_signed(certificate)) as server:
        yield server.url, certificate


@pytest.fixture
def live(
    settings: Settings,
    simulator: str,
    redis: str,
    public: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """A server that is configured for real calls; what it takes for Twilio, Deepgram and OpenAI is the simulator."""
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_PHONE_NUMBER = (
        ACCOUNT,
        TOKEN,
        NUMBER,
    )
    settings.TWILIO_API_BASE_URL = settings.DEEPGRAM_API_BASE_URL = simulator
    settings.DEEPGRAM_API_KEY = "k"
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = settings.GROQ_API_KEY = LLM_KEY
    settings.OPENAI_BASE_URL = f"{simulator}/v1"
    settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = public[0]
    settings.REDIS_URL = redis
    settings.DIAL_PROBLEMS = []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(public[1]))
    monkeypatch.setattr(machine, "WORKER_ANSWERS_WITHIN_S", 0.05)  # there is none
    assert data_root.problem() is None
    return settings


def found(report: Readiness) -> dict[str, Check]:
    """The checks by name; no secret is in any of them."""
    shown = str(report.as_dict())
    for secret in (TOKEN, LLM_KEY, NUMBER, "hunter2"):
        assert secret not in shown
    return {check.name: check for check in report.checks}


def test_all_is_well_but_for_the_worker(live: Settings) -> None:
    report = readiness()
    checks = found(report)
    assert {name for name, check in checks.items() if check.state is not State.OK} == {"worker"}
    assert "celery -A callcenter worker" in checks["worker"].fix
    assert report.can_dial_live
    assert report.is_well
    assert (report.llm_ready, report.twilio_configured, report.deepgram_configured) == (True, True, True)
    assert report.as_dict()["to_fix"] == [checks["worker"].fix]


def test_a_wrong_twilio_token(live: Settings) -> None:
    live.TWILIO_AUTH_TOKEN = "wrong"
    report = readiness()
    checks = found(report)
    assert checks["twilio_account"].state is State.BROKEN
    assert checks["twilio_account"].fix == "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    assert checks["twilio_number"].state is State.SKIPPED
    assert not report.can_dial_live
    assert report.twilio_configured
    assert report.as_dict()["to_fix"][0] == checks["twilio_account"].fix


def test_a_number_of_somebody_else(live: Settings) -> None:
    with running_simulator(twilio_phone_number="+12025550143") as other:
        live.TWILIO_API_BASE_URL = other.url
        report = readiness()
    check = found(report)["twilio_number"]
    assert (check.state, check.message) == (
        State.BROKEN,
        "TWILIO_PHONE_NUMBER is not a number of the account.",
    )
    assert not report.can_dial_live


def test_a_wrong_deepgram_key(live: Settings) -> None:
    live.DEEPGRAM_API_KEY = "hunter2"
    report = readiness()
    check = found(report)["deepgram_key"]
    assert (check.state, check.message) == (State.BROKEN, "Deepgram does not accept DEEPGRAM_API_KEY.")
    assert not report.can_dial_live


def test_twilio_cannot_be_reached(live: Settings) -> None:
    live.TWILIO_API_BASE_URL = f"http://127.0.0.1:{free_port()}"
    report = readiness()
    check = found(report)["twilio_account"]
    assert (check.state, check.message) == (State.BROKEN, "Twilio cannot be reached from this server.")
    assert check.fix == "Check its network and TWILIO_API_BASE_URL."
    assert not report.can_dial_live


def test_everybody_hangs_and_nobody_waits_for_long(live: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DEADLINE_S", 0.5)
    with serving(hangs) as server:
        live.TWILIO_API_BASE_URL = live.DEEPGRAM_API_BASE_URL = live.OPENAI_BASE_URL = server.url
        began = time.monotonic()
        report = readiness()
        assert time.monotonic() - began < 4
    checks = found(report)
    late = {name for name, check in checks.items() if check.message == "No answer within 0.5 s."}
    assert late == {"twilio_account", "twilio_number", "deepgram_key", "transcription", "llm"}
    assert checks["database"].state is State.OK


def test_nothing_is_set(live: Settings) -> None:
    for name in (*NEEDED, "MEDIA_BASE_URL", "OPENAI_API_KEY"):
        setattr(live, name, "")
    report = readiness()
    checks = found(report)
    missing = {name for name, check in checks.items() if check.state is State.MISSING}
    assert missing == {"public_base_url", "twilio_account", "twilio_number", "deepgram_key", "llm", "worker"}
    assert all(name in " ".join(report.as_dict()["to_fix"]) for name in NEEDED)
    assert "OPENAI_API_KEY" in checks["llm"].message
    assert (report.twilio_configured, report.can_dial_live, report.llm_ready) == (False, False, False)
    required = [check.required for check in report.problems]
    assert required == sorted(required, reverse=True)


def test_an_address_that_is_not_ours(live: Settings, simulator: str) -> None:
    live.PUBLIC_BASE_URL = "http://calls.example.com"
    assert "not https" in found(readiness())["public_base_url"].message
    live.PUBLIC_BASE_URL = f"https://127.0.0.1:{free_port()}"
    checks = found(readiness())
    assert checks["public_base_url"].message == f"{live.PUBLIC_BASE_URL} cannot be reached."
    assert checks["media_base_url"].state is State.OK


def test_without_redis_calls_can_be_placed(live: Settings) -> None:
    live.REDIS_URL = ""
    report = readiness()
    checks = found(report)
    assert (checks["broker"].state, checks["worker"].state) == (State.MISSING, State.SKIPPED)
    assert "REDIS_URL" in checks["broker"].fix
    assert report.can_dial_live


def test_a_redis_that_is_away(live: Settings) -> None:
    live.REDIS_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    checks = found(readiness())
    assert (checks["broker"].state, checks["worker"].state) == (State.BROKEN, State.SKIPPED)


@pytest.mark.parametrize("provider", BASE_URLS)
def test_every_language_model_can_be_asked_for(live: Settings, simulator: str, provider: str) -> None:
    live.LLM_PROVIDER = provider
    live.VLLM_MODEL = "simulated-model"
    setattr(
        live,
        f"{'VLLM' if provider == 'local' else provider.upper()}_BASE_URL",
        simulator + BASE_URLS[provider],
    )
    report = readiness()
    assert (found(report)["llm"].state, report.llm_ready, report.llm_provider) == (State.OK, True, provider)


@pytest.mark.parametrize(
    ("provider", "variable", "value", "message"),
    [
        ("openai", "OPENAI_API_KEY", "hunter2", "OpenAI does not accept the key: check OPENAI_API_KEY."),
        ("openai", "OPENAI_MODEL", "no-such-model", "OpenAI does not know the model"),
        ("anthropic", "ANTHROPIC_MODEL", "no-such-model", "Anthropic does not know the model"),
        ("local", "VLLM_MODEL", "no-such-model", "does not serve no-such-model"),
        ("openai", "OPENAI_BASE_URL", "http://127.0.0.1:1", "OpenAI cannot be reached."),
    ],
)
def test_a_language_model_that_is_not_there(
    live: Settings, simulator: str, provider: str, variable: str, value: str, message: str
) -> None:
    live.LLM_PROVIDER = provider
    live.VLLM_BASE_URL, live.ANTHROPIC_BASE_URL = f"{simulator}/vllm", simulator
    setattr(live, variable, value)
    report = readiness()
    check = found(report)["llm"]
    assert check.state is State.BROKEN
    assert message in check.message
    assert variable.partition("_")[0] in check.fix
    assert report.can_dial_live  # it only judges


def test_without_an_agent_no_key_is_needed(live: Settings) -> None:
    live.DEEPGRAM_VOICE_AGENT_ENABLED = False
    live.DEEPGRAM_API_KEY = ""
    report = readiness()
    checks = found(report)
    assert {checks[name].state for name in ("voice_agent", "deepgram_key", "transcription")} == {
        State.SKIPPED
    }
    assert report.can_dial_live


def test_an_agent_that_thinks_with_groq_needs_its_key(live: Settings) -> None:
    live.DEEPGRAM_VOICE_AGENT_THINK_PROVIDER = "groq"
    live.GROQ_API_KEY = ""
    assert found(readiness())["voice_agent"].fix.startswith("Set GROQ_API_KEY")


def test_missing_tables_and_a_folder_that_is_none(live: Settings) -> None:
    migrations = MigrationRecorder(connection).migration_qs.filter(app="callcenter")
    applied = list(migrations)
    migrations.delete()
    try:
        live.DATA_ROOT = Path(__file__)
        checks = found(readiness())
    finally:
        migrations.bulk_create(applied)
    assert "manage.py migrate" in checks["migrations"].fix
    assert "cannot be written" in checks["data_root"].message


def test_a_folder_that_the_other_processes_do_not_use(live: Settings, tmp_path: Path) -> None:
    live.DATA_ROOT = tmp_path
    report = readiness()
    assert "is not the folder that the other processes" in found(report)["shared_data_root"].message
    assert not report.can_dial_live


def test_a_disk_that_is_almost_full(live: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_room, "LEAST_FREE_BYTES", 1 << 60)
    report = readiness()
    assert "MB left" in found(report)["data_root"].message
    assert not report.can_dial_live


def test_simulated_calls_are_well_too_and_never_live(live: Settings, simulator: str) -> None:
    live.SIMULATOR_URL, live.SIMULATED = simulator, True
    report = readiness()
    checks = found(report)
    assert checks["twilio_account"].message == "Simulated: no telephone rings."
    assert checks["public_base_url"].state is State.SKIPPED
    assert "labelled" in checks["llm"].message
    assert (report.simulated, report.can_dial_live, report.is_well) == (True, False, False)  # no worker


@pytest.fixture
def api(db: None, monkeypatch: pytest.MonkeyPatch) -> APIClient:
    monkeypatch.setattr(run, "_kept", None)
    client = APIClient()
    client.force_login(User.objects.create_user("alice"))
    return client


@pytest.mark.parametrize("path", ["/api/system/voice-readiness", "/api/system/voice-readiness/"])
def test_the_api_says_the_same_and_remembers_it(live: Settings, api: APIClient, path: str) -> None:
    answer = api.get(path, HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    body = answer.json()
    contract = {
        *("twilio_configured", "deepgram_configured", "llm_ready", "llm_provider"),
        *("deepgram_voice_agent_enabled", "can_dial_live", "simulated", "checked_at", "checks", "to_fix"),
    }
    assert set(body) == contract
    assert body["can_dial_live"] is True
    assert {"name", "state", "message", "fix", "required"} == set(body["checks"][0])
    live.TWILIO_AUTH_TOKEN = "wrong"
    assert api.get(path).json() == body


def test_strangers_are_not_told(db: None) -> None:
    assert APIClient().get("/api/system/voice-readiness").status_code == 401


def test_the_doctor_shows_it_and_says_how_it_went(live: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor", "--here")
    shown = capsys.readouterr().out
    assert "Real calls can be placed. Not all works: see above." in shown
    assert "  ok      twilio_number" in shown
    assert "-> Start one: `celery" in shown

    live.DEEPGRAM_API_KEY = "wrong"
    with pytest.raises(SystemExit) as left:
        call_command("doctor", "--here", "--json")
    assert left.value.code == 1
    assert json.loads(capsys.readouterr().out)["can_dial_live"] is False


def test_without_a_server_the_doctor_says_so_first(
    live: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live.PORT = free_port()
    (live.DATA_ROOT / "api-key").write_text("key")
    try:
        with pytest.raises(SystemExit):
            call_command("doctor", "--json")
    finally:
        (live.DATA_ROOT / "api-key").unlink()
    first: dict[str, Any] = json.loads(capsys.readouterr().out)["checks"][0]
    assert (first["name"], first["state"]) == ("server", "missing")
    assert "manage.py up" in first["fix"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_without_a_database_the_api_names_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_room, "LEAST_FREE_BYTES", 1 << 60)
    with connection.schema_editor() as editor:
        editor.alter_db_table(ApiKey, "callcenter_apikey", "elsewhere")
    try:
        answer = APIClient().get("/api/system/voice-readiness", HTTP_AUTHORIZATION="Bearer cc_a_b")
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(ApiKey, "elsewhere", "callcenter_apikey")
    body = answer.json()
    assert (answer.status_code, body["code"], answer["Content-Type"]) == (
        503,
        "database_away",
        "application/problem+json",
    )
    assert "MB left" in body["detail"]
    assert {check["name"]: check["state"] for check in body["checks"]} == {
        "database": "broken",
        "data_root": "broken",
    }
