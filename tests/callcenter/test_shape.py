"""What the processes of a simulated installation are told, and what the simulator accepts of it."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from callcenter import shape
from simulator.__main__ import main

pytestmark = pytest.mark.unit

SIMULATOR_URL = "http://127.0.0.1:8799"
OWN_URL = "http://127.0.0.1:3001"
LLM_VARIABLES = {"LLM_PROVIDER", "OPENAI_API_KEY", "OPENAI_BASE_URL"}


def test_without_a_model_of_ones_own_the_simulators_judges() -> None:
    credentials = shape.Credentials()
    variables = credentials.environment(SIMULATOR_URL, OWN_URL)

    assert variables["LLM_PROVIDER"] == "openai"
    assert variables["OPENAI_BASE_URL"] == f"{SIMULATOR_URL}/v1"
    assert variables["OPENAI_API_KEY"] in credentials.simulator_arguments()


@pytest.mark.parametrize(
    "configured", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "VLLM_BASE_URL"]
)
def test_a_configured_model_is_left_alone(settings: Settings, configured: str) -> None:
    setattr(settings, configured, "http://127.0.0.1:8000")

    assert not LLM_VARIABLES & shape.Credentials().environment(SIMULATOR_URL, OWN_URL).keys()


def test_the_simulator_knows_every_argument_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*shape.Credentials().simulator_arguments(), "--help"])

    assert left.value.code == 0
    assert "--llm-api-key" in capsys.readouterr().out
