"""A whole call through the real command: its verdict comes soon, by itself, and quotes what was said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.calls.stack import PlacedCall, Stack, feed

pytestmark = [pytest.mark.integration, pytest.mark.ws]

SOON_S = 10.0
FOLLOW_TIMEOUT_S = 60.0


@dataclass
class Judged:
    """What the API says of a call that was judged."""

    transcript: dict[str, Any]
    verdict: dict[str, Any]
    task: dict[str, Any]
    told: dict[str, dict[str, Any]]
    """The latest event of each type, whole."""


@pytest.fixture(scope="module")
def judged(stack: Stack, placed: dict[str, PlacedCall]) -> Judged:
    """The clerk's call, followed to its verdict."""
    return asyncio.run(follow_to_the_verdict(stack, placed["clerk"]))


async def follow_to_the_verdict(stack: Stack, call: PlacedCall) -> Judged:
    told: dict[str, dict[str, Any]] = {}
    async with feed(stack, call.session_id, "?after=0") as messages, asyncio.timeout(FOLLOW_TIMEOUT_S):
        async for message in messages:
            told[message["type"]] = message
            if message["type"] == "analysis_ready":
                break
    path = f"/api/tasks/{call.task['id']}"
    async with stack.client() as client:

        async def answer(what: str) -> dict[str, Any]:
            async with client.get(path + what) as response:
                assert response.status == 200, await response.text()
                body: dict[str, Any] = await response.json()
                return body

        return Judged(await answer("/transcript"), await answer("/analysis"), await answer(""), told)


def test_it_comes_soon(judged: Judged) -> None:
    recorded_at, judged_at = (
        datetime.fromisoformat(judged.told[kind]["timestamp"]) for kind in ("recording", "analysis_ready")
    )
    assert (judged_at - recorded_at).total_seconds() < SOON_S


def test_everybody_is_told_the_same(judged: Judged) -> None:
    told = judged.told["analysis_ready"]["data"]
    assert (judged.verdict["outcome"], judged.verdict["provider"]) == ("success", "simulator")
    assert (told["outcome"], told["provider"]) == ("success", "simulator")
    assert judged.task["outcome"] == "success"
    source = judged.told["transcript_ready"]["data"]["source"]
    assert source == judged.transcript["source"] == "final"


def test_it_quotes_the_transcript(judged: Judged) -> None:
    turns = {turn["number"]: turn for turn in judged.transcript["turns"]}
    verdict = judged.verdict
    claims = [*verdict["concessions"], *verdict["tactics"], *verdict["key_moments"]]
    assert all(claim["supported"] for claim in claims)
    assert verdict["evidence"]
    for quoted in [*verdict["evidence"], *(one for claim in claims for one in claim["evidence"])]:
        assert quoted["quote"] in turns[quoted["turn"]]["text"]
        assert quoted["start_ms"] == turns[quoted["turn"]]["start_ms"]
    speakers = {
        turns[one["turn"]]["speaker"] for claim in verdict["concessions"] for one in claim["evidence"]
    }
    assert speakers == {"caller"}
    assert any(turn["words"] for turn in turns.values())


def test_the_limit_is_not_in_it(judged: Judged) -> None:
    assert "ocelot" not in str(judged)
