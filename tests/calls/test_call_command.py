"""`manage.py call` as a person runs it: its own process, a running server, real signals and broken connections."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import execute_from_command_line

from tests.calls import stack as calls
from tests.calls.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.ws]

BUSY, REFUSED, RINGS_LONG = "+12025550110", "+12025550122", "+12025550117"
CUT_AFTER_BYTES = 2500


@dataclass
class Done:
    """A command that has ended."""

    status: int
    output: str
    notes: str


async def start(url: str, data_root: Path, number: str, *arguments: str) -> Process:
    """`manage.py call` on its way."""
    command = [sys.executable, "manage.py", "call", number, "--url", url, *arguments]
    environment = {**os.environ, "ENV_FILE": os.devnull, "DATA_ROOT": str(data_root)}
    return await asyncio.create_subprocess_exec(
        *command, cwd=calls.ROOT, env=environment, stdout=PIPE, stderr=PIPE
    )


async def finish(process: Process) -> Done:
    """Wait for its end."""
    try:
        async with asyncio.timeout(calls.CALL_TIMEOUT_S):
            output, notes = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    assert b"Traceback" not in notes, notes.decode()
    return Done(process.returncode, output.decode(), notes.decode())


def run(stack: Stack, number: str, *arguments: str, url: str = "", data_root: Path | None = None) -> Done:
    """Run it to its end."""

    async def both() -> Done:
        root = data_root or stack.data_root
        objective = ("--objective", "Lower the bill")
        return await finish(await start(url or stack.url, root, number, *objective, *arguments))

    return asyncio.run(both())


async def shows(process: Process, text: str) -> None:
    """Wait until it has printed a line with `text`."""
    assert process.stdout is not None
    async with asyncio.timeout(calls.CALL_TIMEOUT_S):
        while text not in (line := (await process.stdout.readline()).decode()):
            assert line, f"it ended without {text!r}"


@asynccontextmanager
async def bad_line(stack: Stack) -> AsyncIterator[str]:
    """A way to the server on which the answer to the first call is lost, and the first two feeds break off."""
    host, port = stack.url.removeprefix("http://").split(":")
    faults = ["answer", "feed", "feed"]

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        kind = "answer" if b"/call HTTP" in head else "feed" if b"GET /ws/" in head else ""
        limit = None
        if kind in faults:
            faults.remove(kind)
            limit = {"answer": 0, "feed": CUT_AFTER_BYTES}[kind]
        server, to_server = await asyncio.open_connection(host, int(port))
        to_server.write(head)
        upwards = asyncio.create_task(pump(reader, to_server, None))
        await pump(server, writer, limit)
        upwards.cancel()
        await asyncio.wait([upwards])
        for side in (writer, to_server):
            side.transport.abort()

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
    assert not faults, f"the command never met {faults}"


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
    """Pass bytes on until their end; with `limit`, only so many."""
    passed = 0
    while data := await reader.read(500):
        if limit is not None and passed + len(data) > limit:
            return
        writer.write(data)
        passed += len(data)


@pytest.fixture(scope="module")
def followed(stack: Stack) -> tuple[Done, Done]:
    """The same call twice at once: as a person sees it, and as JSON over a bad line."""

    async def both() -> tuple[Done, Done]:
        plain = await start(stack.url, stack.data_root, calls.CLERK, "--objective", "Lower the bill")
        async with bad_line(stack) as url:
            options = ["--objective", "Lower the bill, once", "--walkaway", "$75, ocelot", "--json"]
            broken = await start(url, stack.data_root, calls.CLERK, *options)
            one, two = await asyncio.gather(finish(plain), finish(broken))
            return one, two

    return asyncio.run(both())


def test_a_person_sees_the_call_and_how_it_ended(followed: tuple[Done, Done]) -> None:
    done, _ = followed
    assert done.status == 0, done.notes
    lines = [line.strip() for line in done.output.splitlines()]
    assert lines.index("ringing") < lines.index("in progress") < lines.index("completed")
    assert re.search(r"\d\.\d s agent   Hello, I'm an AI assistant", done.output)
    assert re.search(r"\d\.\d s callee  I can lower it", done.output)
    assert lines[-1].startswith("how it ended: agent_ended")


def test_json_is_every_event_once_though_connections_break(followed: tuple[Done, Done]) -> None:
    _, done = followed
    assert done.status == 0, done.notes
    events: list[dict[str, Any]] = [json.loads(line) for line in done.output.splitlines()]
    numbered = [event["seq"] for event in events if event["seq"] is not None]
    assert numbered == list(range(1, len(numbered) + 1))
    assert events[-1]["data"]["state"] == "completed"
    assert "ocelot" not in done.output


def test_a_lost_answer_does_not_make_a_second_call(stack: Stack, followed: tuple[Done, Done]) -> None:
    async def tasks() -> list[dict[str, Any]]:
        async with stack.client() as client, client.get("/api/tasks?q=once") as answer:
            found: list[dict[str, Any]] = await answer.json()
        async with stack.client() as client, client.get(f"/api/tasks/{found[0]['id']}") as answer:
            return [*found[1:], await answer.json()]

    (task,) = asyncio.run(tasks())
    assert len(task["calls"]) == 1


def test_ctrl_c_stops_the_call_and_shows_its_end(stack: Stack) -> None:
    async def interrupt() -> Done:
        process = await start(stack.url, stack.data_root, calls.CLERK, "--objective", "Lower the bill")
        await shows(process, "in progress")
        process.send_signal(signal.SIGINT)
        return await finish(process)

    done = asyncio.run(interrupt())
    assert done.status == 0
    assert "how it ended: operator_ended" in done.output
    assert "Stopping the call. Ctrl-C leaves it." in done.notes


def test_a_second_ctrl_c_leaves(stack: Stack) -> None:
    async def interrupt_twice() -> Done:
        process = await start(stack.url, stack.data_root, RINGS_LONG, "--objective", "Lower the bill")
        await shows(process, "ringing")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while b"Stopping" not in await process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        return await finish(process)

    done = asyncio.run(interrupt_twice())
    assert done.status == 130
    assert done.notes.splitlines()[-1] == "Left before the end of the call."


def test_it_stops_by_itself_when_told_to(stack: Stack) -> None:
    done = run(stack, RINGS_LONG, "--stop-after", "1")
    assert done.status == 1
    assert "canceled" in done.output
    assert "how it ended: operator_ended" in done.output


def test_a_call_that_nobody_takes_is_no_success(stack: Stack) -> None:
    done = run(stack, BUSY)
    assert done.status == 1
    assert done.output.splitlines()[-1].strip() == "how it ended: busy (The line was busy)"


@pytest.mark.parametrize(
    ("number", "status", "says"),
    [
        (REFUSED, 1, "Refused (geo_permission_denied): "),
        ("+19005550100", 2, "Refused (blocked.premium_or_emergency): target_phone: Premium-rate"),
    ],
)
def test_a_refusal_is_one_line_with_its_name(stack: Stack, number: str, status: int, says: str) -> None:
    done = run(stack, number)
    assert (done.status, done.output) == (status, "")
    assert done.notes.startswith(says)
    assert done.notes.count("\n") == 1


def test_a_server_that_is_not_there_is_one_line_that_says_what_to_do(stack: Stack) -> None:
    url = f"http://127.0.0.1:{calls.free_port()}"
    done = run(stack, calls.CLERK, url=url)
    assert (done.status, done.output) == (1, "")
    assert done.notes == (
        f"The server at {url} does not answer (Connection refused). "
        "Start it with `manage.py up`, or name another with --url.\n"
    )


def test_a_missing_key_and_a_wrong_one_say_what_to_do(stack: Stack, tmp_path: Path) -> None:
    missing = run(stack, calls.CLERK, data_root=tmp_path)
    assert missing.status == 2
    assert missing.notes.startswith(f"There is no API key in {tmp_path}/api-key")
    wrong = run(stack, calls.CLERK, "--api-key", "nobody")
    assert wrong.status == 1
    assert wrong.notes.startswith("The server refused the API key: ")
    assert wrong.notes.rstrip().endswith("--api-key.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "required: --objective"),
        (["--objective", "x", "--stop-after", "soon"], "--stop-after: must be a number of seconds"),
        (["--objective", "x", "--style", "rude"], "--style: invalid choice"),
        (["--objective", "x", "--url", "example.com"], "--url: must be a server's address"),
        (["--objective", "x", "--api-key", "a key"], "--api-key: is not an API key"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        execute_from_command_line(["manage.py", "call", calls.CLERK, *arguments])
    assert left.value.code == 2
    assert says in capsys.readouterr().err
