"""A call that presses a key in one process and goes on in another: the same conversation, one record."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.calls import stack as calls
from tests.calls.call_checks import final_turns
from tests.calls.second_web import second_web_processes
from tests.calls.stack import PlacedCall, Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

IVR = "+12025550103"


class Balancer:
    """A load balancer for media sockets: each connection goes to the next of `ports`."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.port = 0
        self._count = 0

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self.ports[self._count % len(self.ports)]
        self._count += 1
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, up_writer), _pump(up_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def balancer() -> Iterator[Balancer]:
    """Runs in a loop and thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = Balancer()
    server = asyncio.run_coroutine_threadsafe(running.serve(), loop).result(10)
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture(scope="module")
def moved(stack: Stack) -> Iterator[PlacedCall]:
    """A call to a menu whose second stream lands in another process than its first."""
    with balancer() as balance:
        media = f"http://127.0.0.1:{balance.port}"
        with second_web_processes(stack, "serve", "serve", MEDIA_BASE_URL=media) as processes:
            balance.ports = [int(process.url.rsplit(":", 1)[1]) for process in processes]
            yield asyncio.run(calls.place_and_follow(processes[0], IVR))


def test_the_conversation_goes_on_after_the_keys(moved: PlacedCall) -> None:
    (row,) = moved.task["calls"]
    assert (row["state"], row["ended_reason"]) == ("completed", "agent_ended")
    assert len(moved.truth["stream_sids"]) == 2
    assert any(note["kind"] == "key_heard" for note in moved.truth["timeline"])
    tools = [tool["name"] for tool in moved.of("tool_call")]
    assert tools[0] == "press_keys"
    assert tools[-1] == "end_call"


def test_it_is_one_call_for_everybody_who_follows_it(moved: PlacedCall) -> None:
    seqs = [event["seq"] for event in moved.events]
    assert seqs == list(range(1, len(seqs) + 1))
    numbers = [turn["turn"] for turn in final_turns(moved)]
    assert numbers == sorted(set(numbers))
    assert [stream["status"] for stream in moved.of("stream")].count("started") == 2


def test_nobody_is_greeted_twice_and_the_person_hears_who_calls(moved: PlacedCall) -> None:
    heard = [heard["text"] for heard in moved.truth["heard"] if heard["complete"]]
    assert sum("AI assistant" in text for text in heard) == 1


def test_the_recording_has_a_segment_of_each_process(stack: Stack, moved: PlacedCall) -> None:
    folder = stack.data_root / "recordings" / moved.session_id
    assert len(list(folder.glob("caller-*.ulaw"))) == 2
    _, inbound = asyncio.run(calls.wav(stack, moved.task["id"], "inbound"))
    last = final_turns(moved)[-1]
    assert len(inbound) / 16 >= last["end_ms"] - 1000
