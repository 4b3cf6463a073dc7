"""Answers with a good status from a server that is none of theirs, or that only nearly speaks their format."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pytest_django import Settings

from tasks_app.analysis import Draft, Prompt
from tasks_app.llm.base import Parsed, ask
from tasks_app.llm.factory import configured_model
from telephony import retrying
from telephony.retrying import ProviderFailed
from tests.telephony.twilio.rest_server import Exchange, serving

pytestmark = pytest.mark.integration

DRAFT = json.dumps(
    dict.fromkeys(["summary", "outcome_reasoning", "score_reasoning", "rapport_quality"], "Well.")
    | {"outcome": "failed", "score": 20}
    | {key: [] for key in ["outcome_evidence", "concessions", "tactics", "tactics_used", "key_moments"]}
    | {key: [] for key in ["improvement_suggestions", "details"]}
)
PROVIDERS = ("openai", "anthropic")


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.01)
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = "k"
    settings.LLM_PROVIDER = request.param
    return str(request.param)


def asked(settings: Settings, provider: str, body: bytes, content_type: str) -> Parsed[Draft]:
    """What comes of it when this is all that the provider's server ever answers."""

    def play(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", content_type)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body)

    with serving(play) as server:
        setattr(settings, f"{provider.upper()}_BASE_URL", server.url)
        model = configured_model()
        assert model is not None
        return asyncio.run(ask(model, Prompt("Judge.", "A call."), Draft, deadline_s=20))


def completion(provider: str, text: Any = DRAFT, **changes: Any) -> bytes:
    """A good answer in the provider's format, with changes."""
    good: dict[str, Any] = {
        "openai": {
            "model": "m",
            "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5},
        },
        "anthropic": {
            "type": "message",
            "model": "m",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 7, "output_tokens": 5},
        },
    }[provider]
    return json.dumps(good | changes).encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<!doctype html><title>Sign in</title>", "text/html"),
        ("<!doctype html>", "application/json"),
        ("", "application/json"),
        ("", "text/html"),
        ('{"choices": [', "application/json"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ("7", "application/json"),
        ("{}", "application/json"),
        ('{"error": {"message": "no credit"}}', "application/json"),
        ('{"choices": null, "content": null}', "application/json"),
        ('{"choices": [], "content": 7}', "application/json"),
        ('{"choices": [null], "content": [null]}', "application/json"),
        ("[" * 20_000, "application/json"),
    ],
)
def test_what_is_no_answer_names_the_address_to_check(
    settings: Settings, provider: str, body: str, content_type: str
) -> None:
    with pytest.raises(ProviderFailed, match=rf"cannot be read: check {provider.upper()}_BASE_URL\."):
        asked(settings, provider, body.encode(), content_type)


@pytest.mark.parametrize("usage", [None, "much", [], {}, {"prompt_tokens": "x", "input_tokens": {}}])
def test_what_it_cost_may_be_missing(settings: Settings, provider: str, usage: Any) -> None:
    parsed = asked(settings, provider, completion(provider, usage=usage), "application/json")
    assert (parsed.value.outcome, parsed.answer.input_tokens) == ("failed", 0)


def test_a_good_answer_is_read(settings: Settings, provider: str) -> None:
    answer = asked(settings, provider, completion(provider, model=None), "application/json").answer
    assert (answer.input_tokens, answer.output_tokens) == (7, 5)
    assert answer.model == {"openai": settings.OPENAI_MODEL, "anthropic": settings.ANTHROPIC_MODEL}[provider]


@pytest.mark.parametrize("provider", ["openai"], indirect=True)
def test_a_content_filter_is_named(settings: Settings, provider: str) -> None:
    choice = {"message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
    with pytest.raises(ProviderFailed, match=r"OpenAI's content filter"):
        asked(settings, provider, completion(provider, choices=[choice]), "application/json")


def test_half_a_character_is_replaced(settings: Settings, provider: str) -> None:
    body = completion(provider, DRAFT.replace("Well.", "Well \ud83d."))
    parsed = asked(settings, provider, body, "application/json")
    assert parsed.value.summary == "Well ?."
    assert parsed.answer.raw.encode()
