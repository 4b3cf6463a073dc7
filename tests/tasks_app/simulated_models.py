"""The simulator's language models, for tests of whoever asks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from pytest_django import Settings

from simulator.config import SimulatorConfig
from tests.telephony.simulated import running_simulator

KEY = SimulatorConfig().llm_api_key
PROVIDERS = ("openai", "anthropic", "groq", "local")


class Models:
    """A running simulator's control of its models."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fails(self, fault: str, times: int = 1) -> None:
        """Let the next requests go wrong."""
        self._post("/simulator/llm-faults", {"fault": fault, "times": times})

    def recovers(self) -> None:
        """Let nothing go wrong any more."""
        self._post("/simulator/llm-faults", {})

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The latest requests, oldest first."""
        with urlopen(f"{self.url}/simulator/llm-requests", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)["requests"]
            return found

    def use(self, settings: Settings, provider: str) -> None:
        """Configure the product as `manage.py up` does, for this provider's wire format."""
        settings.SIMULATOR_URL = self.url
        settings.SIMULATED = True
        settings.LLM_PROVIDER = provider
        settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = settings.GROQ_API_KEY = KEY
        settings.OPENAI_BASE_URL = f"{self.url}/v1"
        settings.ANTHROPIC_BASE_URL = self.url
        settings.GROQ_BASE_URL = f"{self.url}/groq/openai/v1"
        settings.VLLM_BASE_URL = f"{self.url}/vllm"
        settings.VLLM_MODEL = "simulated-model"

    def _post(self, path: str, body: dict[str, Any]) -> None:
        request = Request(f"{self.url}{path}", json.dumps(body).encode(), method="POST")
        with urlopen(request, timeout=5) as answer:
            assert answer.status == 200


@contextmanager
def running_models() -> Iterator[Models]:
    """The simulator, until the block ends."""
    with running_simulator() as simulator:
        yield Models(simulator.url)
