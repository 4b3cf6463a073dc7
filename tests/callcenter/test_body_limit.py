"""What a stranger may send, on a real server: not much, and not slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from django.core.asgi import get_asgi_application

from callcenter.asgi import application
from callcenter.body_limit import MAX_BODY_BYTES, BodyLimit
from tests.callcenter.test_sockets import served

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

BLOCK = b"x" * 65_536
FORM = "Content-Type: application/x-www-form-urlencoded"


async def blocks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // len(BLOCK)):
        yield BLOCK


async def answer(
    address: str, path: str, headers: list[str], body: AsyncIterator[bytes]
) -> tuple[int, str, bytes]:
    """Status, head and body; the whole `body` is sent before the answer is read, as simple clients do."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = "\r\n".join([f"POST {path} HTTP/1.1", f"Host: {address}", *headers, "", ""])
        writer.write(head.encode())
        async for block in body:
            writer.write(block)
            await writer.drain()
        async with asyncio.timeout(10):
            answered = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(answered.lower().split("content-length: ")[1].split("\r\n")[0])
            return int(answered.split()[1]), answered, await reader.readexactly(length)
    finally:
        writer.close()


async def chunked(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for block in body:
        yield b"%x\r\n%s\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["/twilio/voice", "/api/tasks", "/sign-in/"])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_large_body_is_refused_unread(path: str, is_chunked: bool) -> None:
    size = 4 * MAX_BODY_BYTES
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
    body = chunked(blocks(size)) if is_chunked else blocks(size)
    async with served(application) as address:
        status, head, content = await answer(address, path, [FORM, length], body)
    assert (status, "application/problem+json" in head) == (413, True)
    assert (json.loads(content)["code"], json.loads(content)["instance"]) == ("content_too_large", path)


async def test_the_largest_body_arrives() -> None:
    async with served(application) as address:
        headers = [FORM, f"Content-Length: {MAX_BODY_BYTES}"]
        status, _, _ = await answer(address, "/api/tasks", headers, blocks(MAX_BODY_BYTES))
    assert status == 401


async def test_a_body_that_does_not_end_is_given_up() -> None:
    async with served(BodyLimit(get_asgi_application(), within_s=0.2)) as address:
        status, _, content = await answer(address, "/api/tasks", ["Content-Length: 100"], blocks(0))
    assert (status, json.loads(content)["code"]) == (408, "request_timeout")
