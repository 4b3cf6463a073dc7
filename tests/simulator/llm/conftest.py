"""The simulated models on a real port, the SDKs pointed at them, and a call to judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic import BaseModel, Field

from simulator.config import SimulatorConfig
from simulator.llm import routes

KEY = "a-key-of-the-simulator"
MODELS = {
    "openai": "gpt-5.4-mini",
    "groq": "openai/gpt-oss-120b",
    "local": "any-model",
    "anthropic": "claude-haiku-5-5",
}
PREFIXES = {"openai": "/v1", "groq": "/groq/openai/v1", "local": "/vllm/v1"}

AGREED = (
    ("caller", "Customer service, hello."),
    ("agent", "Hello, I am an AI assistant. Could you lower the bill to $60?"),
    ("caller", "It is $79 now. I can lower it to $55 a month."),
    ("agent", "That works for me. Please go ahead with fifty-five dollars."),
    ("caller", "Done. It is $55 a month from today."),
)


class Evidence(BaseModel):
    turn: int
    quote: str


class Claim(BaseModel):
    text: str
    evidence: Evidence


class Tactic(BaseModel):
    name: str
    evidence: Evidence | None


class Detail(BaseModel):
    key: str
    value: str


class Verdict(BaseModel):
    """The fields of a verdict as a client would ask for them."""

    summary: str
    outcome: Literal["success", "partial", "failed", "walkaway", "unknown"]
    outcome_reasoning: str
    outcome_evidence: list[Evidence]
    concessions: list[Claim]
    tactics: list[Tactic]
    tactics_used: list[str]
    score: int = Field(ge=0, le=100)
    score_reasoning: str
    rapport_quality: str
    key_moments: list[Claim]
    improvement_suggestions: list[str]
    details: list[Detail]


def prompt(turns: tuple[tuple[str, str], ...] = AGREED, target: str = "$60", limit: str = "$75") -> str:
    """What a client asks, with the task and the numbered transcript."""
    said = "\n".join(f"[{number}] {speaker}: {text}" for number, (speaker, text) in enumerate(turns, start=1))
    return (
        "Judge the call between <transcript> and </transcript>; answer in JSON.\n"
        "Objective: Get the monthly internet bill down\n"
        f"Target outcome: {target}\nWalk-away point: {limit}\n<transcript>\n{said}\n</transcript>\n"
    )


@dataclass
class Llm:
    """A running simulator of models."""

    url: str
    http: aiohttp.ClientSession

    def openai(self, provider: str = "openai", **options: Any) -> AsyncOpenAI:
        """The OpenAI SDK at `provider`'s address, as the product uses it: no retries of its own."""
        wanted: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "timeout": 5} | options
        return AsyncOpenAI(base_url=self.url + PREFIXES[provider], **wanted)

    def anthropic(self, **options: Any) -> AsyncAnthropic:
        """The Anthropic SDK, which wants no /v1."""
        wanted: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "timeout": 5} | options
        return AsyncAnthropic(base_url=self.url, **wanted)

    async def plan(self, **fault: Any) -> dict[str, Any]:
        """Ask for a fault."""
        async with self.http.post(f"{self.url}/simulator/llm-faults", json=fault) as answer:
            assert answer.status == 200, await answer.text()
            planned: dict[str, Any] = await answer.json()
            return planned

    async def requests(self) -> list[dict[str, Any]]:
        """What was asked of the models so far."""
        async with self.http.get(f"{self.url}/simulator/llm-requests") as answer:
            return list((await answer.json())["requests"])

    async def text(self, provider: str = "openai", **options: Any) -> str:
        """The text of an answer about the call above, in the shape of Verdict."""
        async with self.openai(provider) as client:
            answer = await client.chat.completions.create(
                model=MODELS[provider],
                messages=[{"role": "user", "content": options.pop("prompt", prompt())}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "verdict", "schema": Verdict.model_json_schema()},
                },
                **options,
            )
        return answer.choices[0].message.content or ""


@pytest_asyncio.fixture
async def llm() -> AsyncIterator[Llm]:
    app = web.Application()
    app.add_routes(routes(SimulatorConfig(llm_api_key=KEY)))
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as http:
        yield Llm(f"http://127.0.0.1:{runner.addresses[0][1]}", http)
    await runner.cleanup()


@pytest.fixture
def verdict_schema() -> dict[str, Any]:
    return Verdict.model_json_schema()
