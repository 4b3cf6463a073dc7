"""A server that answers 200 to everything is no language model."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from callcenter.readiness import State
from callcenter.readiness.llm import llm
from tests.telephony.twilio.rest_server import serving

pytestmark = pytest.mark.integration

VARIABLES = {"openai": "OPENAI", "anthropic": "ANTHROPIC", "groq": "GROQ", "local": "VLLM"}


@pytest.fixture(params=VARIABLES)
def variables(request: pytest.FixtureRequest, settings: Settings) -> str:
    """What the names of the chosen provider's settings begin with."""
    settings.LLM_PROVIDER = request.param
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = settings.GROQ_API_KEY = "k"
    settings.VLLM_MODEL = "own"
    return VARIABLES[request.param]


@pytest.mark.parametrize(
    "body", ["<!doctype html><title>Welcome</title>", "", "[]", "null", "{}", '"id, data"']
)
def test_another_server_at_its_address_is_told(settings: Settings, variables: str, body: str) -> None:
    with serving(lambda exchange: exchange.answer(200, body.encode())) as server:
        setattr(settings, f"{variables}_BASE_URL", server.url)
        [check] = llm()
    assert (check.state, check.fix) == (State.BROKEN, f"Check {variables}_BASE_URL.")
    assert check.message == f"What answers at {variables}_BASE_URL is no API of language models."


def test_the_model_at_its_address_is_ready(settings: Settings, variables: str) -> None:
    body = b'{"id": "own", "data": [{"id": "own"}]}'
    with serving(lambda exchange: exchange.answer(200, body)) as server:
        setattr(settings, f"{variables}_BASE_URL", server.url)
        [check] = llm()
    assert check.state is State.OK
