"""A whole call through the real command: its verdict comes soon, by itself, and quotes what was said."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.calls.stack import CLERK, Stack, create_task, feed, running_stack, start_call

pytestmark = [pytest.mark.integration, pytest.mark.ws]

CALL_TIMEOUT_S = 90
SOON_S = 10.0


async def verdict_of_a_call(stack: Stack) -> dict[str, Any]:
    """Place a call and follow its feed to the verdict; what the API then says, and how long it took."""
    found: dict[str, Any] = {}
    async with stack.client() as client:
        task = await create_task(client, CLERK)
        async with feed(stack, task["id"]) as messages, asyncio.timeout(CALL_TIMEOUT_S):
            await start_call(client, task["id"])
            ended_s = 0.0
            async for message in messages:
                kind, data = message["type"], message["data"]
                if kind == "recording":
                    ended_s = time.monotonic()
                elif kind == "transcript_ready":
                    found["source"] = data["source"]
                elif kind == "analysis_ready":
                    found |= {"told": data, "took_s": time.monotonic() - ended_s}
                    break
        for name in ("transcript", "analysis"):
            async with client.get(f"/api/tasks/{task['id']}/{name}") as answer:
                assert answer.status == 200, await answer.text()
                found[name] = await answer.json()
        async with client.get(f"/api/tasks/{task['id']}") as answer:
            found["task"] = await answer.json()
    return found


def test_it_comes_soon_and_quotes_the_transcript(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        found = asyncio.run(verdict_of_a_call(stack))
    verdict, turns = found["analysis"], {turn["number"]: turn for turn in found["transcript"]["turns"]}
    assert found["took_s"] < SOON_S
    assert (verdict["outcome"], verdict["provider"]) == ("success", "simulator")
    assert (found["told"]["outcome"], found["told"]["provider"]) == ("success", "simulator")
    assert found["task"]["outcome"] == "success"
    claims = [*verdict["concessions"], *verdict["tactics"], *verdict["key_moments"]]
    assert all(claim["supported"] for claim in claims)
    quotes = [*verdict["evidence"], *(one for claim in claims for one in claim["evidence"])]
    assert verdict["evidence"]
    for one in quotes:
        assert one["quote"] in turns[one["turn"]]["text"]
        assert one["start_ms"] == turns[one["turn"]]["start_ms"]
    assert {
        turns[one["turn"]]["speaker"] for claim in verdict["concessions"] for one in claim["evidence"]
    } == {"caller"}
    assert found["source"] == found["transcript"]["source"] == "final"
    assert any(turn["words"] for turn in turns.values())
    assert "ocelot" not in str(found)
