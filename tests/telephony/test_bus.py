"""The bus inside one process, and between two over a real Valkey that dies, hangs and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_django import Settings

from callcenter import broker
from telephony import bus
from tests.waiting import auntil

pytestmark = pytest.mark.integration

DEADLINE_S = 10.0
CALL, TASK = uuid.uuid4(), uuid.uuid4()


async def next_note(notes: bus.Subscription) -> bus.Note:
    async with asyncio.timeout(DEADLINE_S):
        return await anext(notes)


# --- inside one process: no server anywhere ---------------------------------------------------------------------


async def test_it_tells_listeners_of_the_call_and_of_the_task() -> None:
    async with bus.subscribe(call_id=CALL) as of_call, bus.subscribe(task_id=TASK) as of_task:
        bus.publish_events(CALL, TASK, 7)
        assert await next_note(of_call) == await next_note(of_task) == bus.Note("events", CALL, TASK, seq=7)


async def test_it_tells_nobody_about_other_calls() -> None:
    async with bus.subscribe(call_id=uuid.uuid4()) as others, bus.subscribe(call_id=CALL) as ours:
        bus.publish_passing(CALL, TASK, {"type": "audio_level", "data": {}})
        assert (await next_note(ours)).kind == "passing"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(others)


async def test_it_takes_notes_from_any_thread() -> None:
    async with bus.subscribe(call_id=CALL) as notes:
        thread = threading.Thread(target=bus.publish_events, args=(CALL, TASK, 1))
        thread.start()
        assert (await next_note(notes)).seq == 1
        thread.join()


async def test_commands_reach_the_session_in_its_own_loop_and_only_while_it_listens() -> None:
    heard: list[tuple[dict[str, Any], threading.Thread]] = []
    with bus.on_command(CALL, lambda command: heard.append((command, threading.current_thread()))):
        await asyncio.to_thread(bus.watch, CALL)
        await auntil(lambda: bool(heard), "the command")
    bus.watch(CALL)
    await asyncio.sleep(0)
    assert heard == [({"type": "watch"}, threading.current_thread())]


async def test_a_slow_reader_loses_the_oldest_and_is_told() -> None:
    async with bus.subscribe(call_id=CALL) as notes:
        for seq in range(bus.QUEUE_SIZE + 3):
            bus.publish_events(CALL, TASK, seq)
        await asyncio.sleep(0)
        assert notes.overflowed
        assert (await next_note(notes)).seq == 3


async def test_a_listener_whose_loop_has_ended_harms_nobody() -> None:
    async def leave_without_goodbye() -> Any:
        context = bus.subscribe(call_id=CALL)
        await context.__aenter__()
        return context

    abandoned = await asyncio.to_thread(lambda: asyncio.run(leave_without_goodbye()))
    async with bus.subscribe(call_id=CALL) as notes:
        bus.publish_events(CALL, TASK, 5)
        assert (await next_note(notes)).seq == 5
    await abandoned.__aexit__(None, None, None)


async def test_without_redis_it_is_not_connected() -> None:
    assert not bus.is_connected()


def test_a_note_survives_the_journey() -> None:
    note = bus.Note("passing", CALL, TASK, payload={"type": "audio_level", "data": {"caller": 0.5}})
    assert bus.Note.from_json(json.loads(json.dumps(note.to_json()))) == note


@pytest.mark.parametrize("data", [{}, {"kind": "evil"}, {"kind": "events", "call_id": "x"}, []])
def test_a_note_of_another_shape_is_refused(data: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        bus.Note.from_json(data)


# --- between processes ------------------------------------------------------------------------------------------


class Server:
    """A Valkey on a unix socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = broker.socket_path(folder)
        config = {
            "hosts": [{"address": f"unix://{self._socket}", "socket_timeout": 30}],
            "prefix": "callcenter",
        }
        self.layers = {
            "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": config}
        }
        self.start()

    def start(self) -> None:
        command = broker.command(broker.server_binary(), self._socket, self.folder)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE_S
        while not (self._socket.exists() and broker.answers(self._socket)):
            assert time.monotonic() < deadline, "Valkey does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._socket.unlink(missing_ok=True)


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[Server]:
    """A server, and a bus in this process that uses it."""
    server = Server(tmp_path)
    settings.CHANNEL_LAYERS = server.layers
    yield server
    bus.close()
    server.kill()


class Peer:
    """The other process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            line: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return line

    async def publish(self, seq: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seq}\n".encode())
        await self._process.stdin.drain()


@asynccontextmanager
async def running_peer(server: Server) -> AsyncIterator[Peer]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.telephony.bus_peer",
        json.dumps(server.layers),
        str(server.folder),
        str(CALL),
        str(TASK),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        await process.wait()


@pytest_asyncio.fixture
async def peer(server: Server) -> AsyncIterator[Peer]:
    async with running_peer(server) as peer:
        assert await peer.line() == {"ready": True}
        await auntil(bus.is_connected, "connection to the server")
        yield peer


async def test_notes_and_commands_reach_another_process_and_come_back_only_from_it(peer: Peer) -> None:
    async with bus.subscribe(call_id=CALL) as notes:
        bus.publish_events(CALL, TASK, 1)
        assert (await next_note(notes)).seq == 1
        assert await peer.line() == {"heard": "events", "seq": 1, "payload": None}
        bus.publish_command(CALL, {"type": "say", "text": "One moment"})
        assert await peer.line() == {"commanded": {"type": "say", "text": "One moment"}}
        await peer.publish(2)
        assert (await next_note(notes)).seq == 2  # and not our own 1 again


async def test_it_survives_a_server_that_is_killed_and_started_again(server: Server, peer: Peer) -> None:
    async with bus.subscribe(call_id=CALL) as notes:
        server.kill()
        await auntil(lambda: not bus.is_connected(), "noticing that the server is gone")
        bus.publish_events(CALL, TASK, 1)
        assert (await next_note(notes)).seq == 1, "inside the process nothing changes"
        server.start()
        await auntil(bus.is_connected, "connection to the new server")
        await delivered(peer, notes, first=10)


async def test_a_hung_server_blocks_nobody(server: Server, peer: Peer) -> None:
    async with bus.subscribe(call_id=CALL) as notes:
        server.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            for seq in range(2_000):
                bus.publish_events(CALL, TASK, seq)
            assert time.monotonic() - started < 3.0
            await auntil(lambda: not bus.is_connected(), "noticing that the server hangs")
        finally:
            server.process.send_signal(signal.SIGCONT)
        await auntil(bus.is_connected, "connection to the awakened server")
        await delivered(peer, notes, first=10_000)


async def delivered(peer: Peer, notes: bus.Subscription, first: int) -> None:
    """Both directions work again; either side may need some seconds until it has noticed."""
    deadline = time.monotonic() + DEADLINE_S
    seq = first
    while time.monotonic() < deadline:
        seq += 1
        bus.publish_events(CALL, TASK, seq)
        await peer.publish(-seq)
        if await heard_within(peer, first, 0.3):
            break
    else:
        pytest.fail("the other process hears nothing")
    async with asyncio.timeout(DEADLINE_S):
        async for note in notes:
            if note.seq < -first:
                return


async def heard_within(peer: Peer, first: int, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            while (await peer.line()).get("seq", 0) <= first:
                pass
    except TimeoutError:
        return False
    return True


async def test_notes_that_waited_too_long_are_not_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.bus_link.STALE_S", -1.0)
    async with running_peer(server) as peer:
        assert await peer.line() == {"ready": True}
        await auntil(bus.is_connected, "connection to the server")
        bus.publish_command(CALL, {"type": "say", "text": "too late"})
        await auntil(lambda: not bus._bus.link._outbox, "the note to be taken")
        monkeypatch.setattr("telephony.bus_link.STALE_S", 5.0)
        bus.publish_command(CALL, {"type": "say", "text": "in time"})
        assert (await peer.line())["commanded"]["text"] == "in time"


def test_a_forked_child_begins_with_an_own_connection(server: Server) -> None:
    asyncio.run(auntil(bus.is_connected, "connection to the server"))
    pid = os.fork()
    if pid == 0:  # nothing of pytest may run in the child
        status = 1
        try:
            asyncio.run(auntil(bus.is_connected, "the child's connection"))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
