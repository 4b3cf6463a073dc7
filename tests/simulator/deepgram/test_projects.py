"""The check of a key, by the unpatched SDK."""

from __future__ import annotations

import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError

from .conftest import KEY, AgentServer

pytestmark = pytest.mark.integration


async def client_with(agent: AgentServer, key: str) -> AsyncDeepgramClient:
    url = await agent.http_url()
    environment = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
    return AsyncDeepgramClient(api_key=key, environment=environment)


async def test_a_key_sees_its_project(agent: AgentServer) -> None:
    client = await client_with(agent, KEY)
    [project] = (await client.manage.v1.projects.list()).projects or []
    assert project.name == "Simulated project"


async def test_another_key_sees_nothing(agent: AgentServer) -> None:
    client = await client_with(agent, "wrong")
    with pytest.raises(ApiError) as refused:
        await client.manage.v1.projects.list()
    assert refused.value.status_code == 401
