"""The visitor's phone: a socket's sound goes into the line and comes out of it, and what is typed is understood."""

from __future__ import annotations

import os

import aiohttp
import pytest

from simulator.callee.visitor import VISITOR
from simulator.energy import loudness
from tests.simulator.twilio.conftest import QUIET, Phone
from tests.simulator.twilio.service import Socket
from tests.waiting import auntil

pytestmark = [pytest.mark.integration, pytest.mark.ws]


def url_of(phone: Phone, sid: str | None) -> str:
    return f"{phone.simulator.url}/simulator/calls/{sid}/talk"


async def stream_of(phone: Phone) -> Socket:
    await auntil(lambda: bool(phone.service.sockets and phone.service.sockets[0].of("media")))
    return phone.service.sockets[0]


async def test_the_microphone_goes_in_and_the_line_comes_out(phone: Phone) -> None:
    call = await phone.call(VISITOR.number)
    sound = os.urandom(1600).translate(bytes.maketrans(b"\x7f\xff\x7e\xfe", b"\x00\x01\x02\x03"))
    async with phone.http.ws_connect(url_of(phone, call.sid)) as person:
        stream = await stream_of(phone)
        await person.send_bytes(sound[:1000])
        await person.send_bytes(sound[1000:])
        await auntil(lambda: sound in stream.inbound())
        await stream.play(b"\x05" * 800)
        heard = b""
        while b"\x05" * 800 not in heard:
            heard += await person.receive_bytes(timeout=5)
    assert (await phone.ended(call.sid))["ended_by"] == "callee"


async def test_what_is_typed_is_spoken_and_keys_are_pressed(phone: Phone) -> None:
    call = await phone.call(VISITOR.number)
    async with phone.http.ws_connect(url_of(phone, call.sid)) as person:
        stream = await stream_of(phone)
        await person.send_json({"text": " Hello there. "})
        await person.send_json({"press": "4#"})
        await auntil(lambda: len(stream.of("dtmf")) == 2)
        await auntil(lambda: any(loudness(stream.inbound()[at:][:160]) > 500 for at in range(0, 80_000, 160)))
        assert [said["text"] for said in (await phone.truth(call.sid))["said"]] == ["Hello there."]
        await person.send_json({"hang_up": True})
        assert (await phone.ended(call.sid))["ended_by"] == "callee"
        while (message := await person.receive(timeout=5)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert (message.type, message.data, message.extra) == (
            aiohttp.WSMsgType.CLOSE,
            1000,
            "The call is over.",
        )


@pytest.mark.parametrize(
    "text", ["hello", "[]", "{}", '{"text": ""}', '{"text": 5}', '{"press": "x"}', "[" * 9999]
)
async def test_what_means_nothing_is_refused_by_words(phone: Phone, text: str) -> None:
    call = await phone.call(VISITOR.number)
    async with phone.http.ws_connect(url_of(phone, call.sid)) as person:
        await person.send_str(text)
        while (message := await person.receive(timeout=5)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert message.data == 1003
        assert "text" in str(message.extra)


async def test_one_person_holds_the_phone_and_only_the_visitors(phone: Phone) -> None:
    call, other = await phone.call(VISITOR.number), await phone.call(QUIET)
    async with phone.http.ws_connect(url_of(phone, call.sid)):
        for sid, status in ((call.sid, 409), (other.sid, 409), ("CA0", 404)):
            async with phone.http.get(url_of(phone, sid)) as refused:
                assert refused.status == status
