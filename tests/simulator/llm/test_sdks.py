"""The unpatched SDKs get verdicts from every wire format, and the refusals the real services give."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

from .conftest import KEY, MODELS, PREFIXES, Llm, Verdict, prompt

pytestmark = pytest.mark.integration

MESSAGES: list[Any] = [
    {"role": "system", "content": "You judge calls."},
    {"role": "user", "content": prompt()},
]


@pytest.mark.parametrize("provider", PREFIXES)
async def test_chat_completions_parse(llm: Llm, provider: str) -> None:
    async with llm.openai(provider) as client:
        answer = await client.chat.completions.parse(
            model=MODELS[provider], messages=MESSAGES, response_format=Verdict
        )
    verdict = answer.choices[0].message.parsed

    assert verdict is not None
    assert (verdict.outcome, verdict.concessions[0].evidence.turn) == ("success", 3)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 100
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.id.startswith("chatcmpl-")


async def test_messages_with_output_config(llm: Llm) -> None:
    schema = anthropic.transform_schema(Verdict)
    async with llm.anthropic() as client:
        answer = await client.messages.create(
            model="claude-haiku-5-5",
            max_tokens=4000,
            system="You judge calls.",
            messages=[{"role": "user", "content": prompt()}],
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )
    (block,) = answer.content

    assert block.type == "text"
    assert Verdict.model_validate_json(block.text).outcome == "success"
    assert (answer.stop_reason, answer.usage.output_tokens > 50) == ("end_turn", True)


async def test_messages_parse(llm: Llm) -> None:
    async with llm.anthropic() as client:
        answer = await client.messages.parse(
            model="claude-haiku-5-5",
            max_tokens=4000,
            messages=[{"role": "user", "content": prompt()}],
            output_format=Verdict,
        )

    assert answer.parsed_output is not None
    assert answer.parsed_output.outcome == "success"


@pytest.mark.parametrize("provider", PREFIXES)
async def test_json_mode_fills_the_schema_written_in_the_prompt(llm: Llm, provider: str) -> None:
    asked = f"{prompt()}\nAnswer with JSON of this schema: {json.dumps(Verdict.model_json_schema())}"
    async with llm.openai(provider) as client:
        answer = await client.chat.completions.create(
            model=MODELS[provider],
            messages=[{"role": "user", "content": asked}],
            response_format={"type": "json_object"},
        )

    assert Verdict.model_validate_json(answer.choices[0].message.content or "").outcome == "success"


async def test_vllm_takes_structured_outputs(llm: Llm) -> None:
    async with llm.openai("local") as client:
        answer = await client.chat.completions.create(
            model="any",
            messages=MESSAGES,
            extra_body={"structured_outputs": {"json": Verdict.model_json_schema()}, "top_k": 3},
        )

    assert Verdict.model_validate_json(answer.choices[0].message.content or "").score == 92


async def test_small_talk_and_models_are_harmless_checks(llm: Llm) -> None:
    async with llm.openai() as client, llm.openai("groq") as groq, llm.anthropic() as claude:
        said = await client.chat.completions.create(
            model="gpt-5.4-mini", messages=[{"role": "user", "content": "ping"}], max_completion_tokens=2
        )
        listed = [model.id async for model in client.models.list()]
        groqs = [model.id async for model in groq.models.list()]
        claudes = [model.id async for model in claude.models.list()]

    assert (said.choices[0].finish_reason, said.choices[0].message.content) == ("length", "Hello! H")
    assert "gpt-5.4-mini" in listed
    assert "openai/gpt-oss-120b" in groqs
    assert "claude-haiku-5-5" in claudes


@pytest.mark.parametrize("provider", ["openai", "groq"])
async def test_a_wrong_key_is_refused(llm: Llm, provider: str) -> None:
    async with llm.openai(provider, api_key="another") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(model="gpt-5.4-mini", messages=MESSAGES)


async def test_a_wrong_key_is_refused_by_anthropic_too(llm: Llm) -> None:
    async with llm.anthropic(api_key="another") as client:
        with pytest.raises(anthropic.AuthenticationError):
            await client.messages.create(model="claude-haiku-5-5", max_tokens=9, messages=MESSAGES[1:])


async def test_groq_knows_schemas_for_some_models_only(llm: Llm) -> None:
    async with llm.openai("groq") as client:
        with pytest.raises(openai.BadRequestError, match="does not support response format `json_schema`"):
            await client.chat.completions.parse(
                model="llama-3.3-70b-versatile", messages=MESSAGES, response_format=Verdict
            )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"model": "no-such-model"}, "does not exist"),
        ({"max_tokens": 100}, "max_completion_tokens"),
        ({"extra_body": {"guided_json": {}}}, "Unknown parameter: 'guided_json'"),
        (
            {
                "messages": [{"role": "user", "content": "hi"}],
                "response_format": {"type": "json_object"},
            },
            "must contain the word 'json'",
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "v", "strict": True, "schema": Verdict.model_json_schema()},
                }
            },
            "additionalProperties",
        ),
    ],
    ids=["model", "max_tokens", "unknown", "json_object without the word", "open schema"],
)
async def test_what_openai_refuses(llm: Llm, options: dict[str, Any], complaint: str) -> None:
    async with llm.openai() as client:
        with pytest.raises(openai.APIStatusError, match=complaint) as refused:
            await client.chat.completions.create(
                **({"model": "gpt-5.4-mini", "messages": MESSAGES} | options)
            )

    assert refused.value.status_code in (400, 404)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"extra_body": {"temperature": 0}}, "temperature"),
        ({"model": "gpt-5.4-mini"}, "model: gpt-5.4-mini"),
        ({"extra_body": {"response_format": {}}}, "response_format: Extra inputs are not permitted"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]},
            "Prefilling",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": Verdict.model_json_schema()}}},
            "additionalProperties",
        ),
    ],
    ids=["temperature", "model", "unknown", "prefill", "open schema"],
)
async def test_what_anthropic_refuses(llm: Llm, options: dict[str, Any], complaint: str) -> None:
    usual: dict[str, Any] = {"model": "claude-haiku-5-5", "max_tokens": 99, "messages": MESSAGES[1:]}
    async with llm.anthropic() as client:
        with pytest.raises(anthropic.APIStatusError, match=complaint) as refused:
            await client.messages.create(**(usual | options))

    assert refused.value.status_code in (400, 404)


@pytest.mark.parametrize("provider", ["openai", "groq"])
async def test_one_model_can_be_asked_for(llm: Llm, provider: str) -> None:
    async with llm.openai(provider) as client:
        assert (await client.models.retrieve(MODELS[provider])).id == MODELS[provider]
    async with llm.openai(provider, api_key="wrong") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.retrieve(MODELS[provider])


async def test_a_model_that_is_none_cannot_be_asked_for(llm: Llm) -> None:
    async with llm.openai() as client:
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("no-such-model")
    async with llm.anthropic() as anthropics:
        assert (await anthropics.models.retrieve(MODELS["anthropic"])).id == MODELS["anthropic"]
        with pytest.raises(anthropic.NotFoundError):
            await anthropics.models.retrieve("gpt-5.4-mini")


async def test_messages_without_a_version_are_refused(llm: Llm) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with llm.http.post(f"{llm.url}/v1/messages", json={}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["message"]) == (
            400,
            "anthropic-version: header is required",
        )


async def test_a_body_that_is_no_json_is_refused(llm: Llm) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with llm.http.post(f"{llm.url}/v1/chat/completions", data=b"{", headers=headers) as answer:
        assert answer.status == 400


async def test_requests_are_remembered_without_keys(llm: Llm) -> None:
    await llm.text()
    (request,) = await llm.requests()

    assert (request["provider"], request["path"]) == ("openai", "/v1/chat/completions")
    assert request["body"]["model"] == "gpt-5.4-mini"
    assert KEY not in json.dumps(request)
    assert "Authorization" not in request["headers"]


async def test_a_very_long_prompt_is_answered(llm: Llm) -> None:
    turns = (("caller", "word " * 400_000), *((("caller", "It is $79."), ("agent", "Goodbye.")) * 100))

    assert json.loads(await llm.text(prompt=prompt(turns)))["outcome"] == "walkaway"
