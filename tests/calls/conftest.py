"""One running product for all tests of whole calls, and the calls that several tests look at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calls import stack as calls
from tests.calls.sound import voice_recording
from tests.calls.stack import PlacedCall, Stack


@pytest.fixture(scope="session")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording for `--callee-audio`, with its text beside it."""
    return voice_recording(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, voice_file: Path) -> Iterator[Stack]:
    """`manage.py up`, started once."""
    with calls.running_stack(tmp_path_factory.mktemp("stack"), "--callee-audio", str(voice_file)) as running:
        yield running


@pytest.fixture(scope="session")
def placed(stack: Stack) -> dict[str, PlacedCall]:
    """The calls that several tests look at, placed at the same time."""

    async def place_all() -> tuple[PlacedCall, ...]:
        return await asyncio.gather(
            calls.place_and_follow(stack, calls.CLERK),
            calls.place_and_follow(stack, calls.HAGGLER),
            calls.place_and_follow(stack, calls.INTERRUPTER),
            calls.place_and_follow(stack, calls.RECORDED),
            calls.place_and_follow(stack, calls.CLERK, stop_when="transcript_update"),
        )

    names = ("clerk", "haggler", "interrupter", "recorded", "stopped")
    return dict(zip(names, asyncio.run(place_all()), strict=True))
