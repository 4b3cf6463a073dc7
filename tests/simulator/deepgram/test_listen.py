"""Recordings of calls, transcribed through the unpatched SDK."""

from __future__ import annotations

import asyncio
import audioop
import io
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.core.parse_error import ParsingError
from deepgram.errors import BadRequestError
from deepgram.types import ListenV1Response

from simulator.deepgram.recorded import NotAudioError, hear, read_wav
from simulator.room import INAUDIBLE
from simulator.speech import Utterance, speak
from simulator.world import World

from .conftest import KEY, AgentServer

pytestmark = pytest.mark.integration

HELLO = "Thanks for calling Acme, this is Dana."
ASK = "Hello, I am an AI assistant. Could you lower the bill?"
OFFER = "I can lower it to $55 a month."

Transcribe = Callable[..., Awaitable[ListenV1Response]]


def quiet(ms: int) -> bytes:
    return b"\xff" * 8 * ms


def linear(mulaw: bytes) -> bytes:
    return audioop.ulaw2lin(mulaw, 2)


def wav(*channels: bytes, rate_hz: int = 8000) -> bytes:
    """A WAV file of one or two mu-law channels, as a recorder would write it."""
    length = max(len(channel) for channel in channels)
    sides = [linear(channel.ljust(length, b"\xff")) for channel in channels]
    sound = sides[0]
    if len(sides) == 2:
        sound = audioop.add(audioop.tostereo(sides[0], 2, 1, 0), audioop.tostereo(sides[1], 2, 0, 1), 2)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(len(sides))
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(sound)
    return file.getvalue()


async def said(world: World, text: str, speaker: str, seed: int, call_sid: str = "CA1") -> Utterance:
    """Something said in a call."""
    utterance = await speak(text, speaker=speaker, seed=seed)
    world.room(call_sid).spoken(utterance)
    return utterance


def transcripts(answer: ListenV1Response) -> list[str | None]:
    """All of each channel."""
    return [(channel.alternatives or [])[0].transcript for channel in answer.results.channels or []]


async def conversation(world: World) -> tuple[bytes, list[tuple[int, float, float, str]]]:
    """The recording of a short call, and who says what in it from when to when (ms)."""
    hello = await said(world, HELLO, "callee", 1)
    ask = await said(world, ASK, "agent", 2)
    offer = await said(world, OFFER, "callee", 3)
    ask_ms = 500 + hello.duration_ms + 300
    offer_ms = ask_ms + ask.duration_ms + 400
    caller = quiet(500) + hello.audio + quiet(700 + ask.duration_ms) + offer.audio + quiet(500)
    expected = [
        (0, 500.0, 500.0 + hello.duration_ms, HELLO),
        (1, float(ask_ms), float(ask_ms + ask.duration_ms), ASK),
        (0, float(offer_ms), float(offer_ms + offer.duration_ms), OFFER),
    ]
    return wav(caller, quiet(ask_ms) + ask.audio), expected


@pytest.fixture
async def transcribe(agent: AgentServer) -> AsyncIterator[Transcribe]:
    """`transcribe_file` of the SDK, with the options the product uses unless others are given."""
    url = await agent.http_url()
    client = AsyncDeepgramClient(
        api_key=KEY,
        environment=DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url),
    )

    async def transcribe_file(audio: bytes, **options: Any) -> ListenV1Response:
        usual: dict[str, Any] = {
            "model": "nova-3",
            "punctuate": True,
            "multichannel": True,
            "utterances": True,
        }
        limits: Any = {"max_retries": 0, "timeout_in_seconds": 5}
        wanted = usual | options
        answer = await client.listen.v1.media.transcribe_file(request=audio, request_options=limits, **wanted)
        assert isinstance(answer, ListenV1Response)
        return answer

    yield transcribe_file


async def plan(agent: AgentServer, **fault: Any) -> None:
    url = f"{await agent.http_url()}/simulator/listen-faults"
    async with aiohttp.ClientSession() as http, http.post(url, json=fault) as answer:
        assert answer.status == 200, await answer.text()


async def test_both_sides_of_a_call_that_is_over(agent: AgentServer, transcribe: Transcribe) -> None:
    recording, expected = await conversation(agent.world)
    agent.world.room("CA1").hush()
    answer = await transcribe(recording, tag=["call:CA1"])
    utterances = answer.results.utterances or []

    assert [(item.channel, item.transcript) for item in utterances] == [(at[0], at[3]) for at in expected]
    for item, (_, start_ms, end_ms, _) in zip(utterances, expected, strict=True):
        assert item.start == pytest.approx(start_ms / 1000, abs=0.002)
        assert item.end == pytest.approx(end_ms / 1000, abs=0.002)
    assert all((item.confidence or 0) > 0.9 for item in utterances)
    assert transcripts(answer) == [f"{HELLO} {OFFER}", ASK]
    assert answer.metadata.channels == 2
    assert answer.metadata.tags == ["call:CA1"]


async def test_words_are_spread_over_the_time_of_the_utterance(
    agent: AgentServer, transcribe: Transcribe
) -> None:
    hello = await said(agent.world, HELLO, "callee", 1)
    answer = await transcribe(wav(quiet(1000) + hello.audio))
    (utterance,) = answer.results.utterances or []
    words = utterance.words or []

    assert [word.punctuated_word for word in words] == HELLO.split()
    assert [word.word for word in words] == ["thanks", "for", "calling", "acme", "this", "is", "dana"]
    assert words[0].start == 1.0
    assert words[-1].end == pytest.approx(1.0 + hello.duration_ms / 1000, abs=0.002)
    lengths = {round((word.end or 0) - (word.start or 0), 2) for word in words}
    assert len(lengths) == 1


async def test_without_punctuation_and_utterances(agent: AgentServer, transcribe: Transcribe) -> None:
    hello = await said(agent.world, HELLO, "callee", 1)
    answer = await transcribe(wav(hello.audio), punctuate=False, utterances=False)

    assert transcripts(answer) == ["thanks for calling acme this is dana"]
    assert answer.results.utterances is None


async def test_channels_mixed_into_one_are_heard_where_one_side_speaks(
    agent: AgentServer, transcribe: Transcribe
) -> None:
    recording, expected = await conversation(agent.world)
    answer = await transcribe(recording, multichannel=False)

    assert [item.transcript for item in answer.results.utterances or []] == [text for *_, text in expected]
    assert {item.channel for item in answer.results.utterances or []} == {0}


async def test_any_alignment_and_an_utterance_that_was_cut(
    agent: AgentServer, transcribe: Transcribe
) -> None:
    ask = await said(agent.world, ASK, "agent", 2)
    answer = await transcribe(wav(b"\xff" * 77 + ask.audio[: len(ask.audio) // 2] + quiet(500)))
    (utterance,) = answer.results.utterances or []

    assert 4 <= len((utterance.transcript or "").split()) <= 6
    assert ASK.startswith(utterance.transcript or "-")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda audio: audioop.lin2ulaw(audioop.mul(linear(audio), 2, 0.8), 2),
        lambda audio: audio[::2],
        lambda audio: audio[::-1],
    ],
    ids=["quieter", "faster", "backwards"],
)
async def test_a_voice_that_was_changed_is_inaudible(
    agent: AgentServer, transcribe: Transcribe, spoil: Callable[[bytes], bytes]
) -> None:
    hello = await said(agent.world, HELLO, "callee", 1)
    answer = await transcribe(wav(spoil(hello.audio)))
    utterances = answer.results.utterances or []

    assert {item.transcript for item in utterances} == {INAUDIBLE}
    assert max(item.confidence or 0 for item in utterances) < 0.5


async def test_another_rate_is_inaudible(agent: AgentServer, transcribe: Transcribe) -> None:
    hello = await said(agent.world, HELLO, "callee", 1)
    finer = audioop.lin2ulaw(audioop.ratecv(linear(hello.audio), 2, 1, 8000, 11025, None)[0], 2)
    answer = await transcribe(wav(finer, rate_hz=11025))

    assert {item.transcript for item in answer.results.utterances or []} == {INAUDIBLE}


async def test_what_was_never_said_here_is_inaudible(agent: AgentServer, transcribe: Transcribe) -> None:
    foreign = await speak(HELLO, speaker="callee", seed=99)
    answer = await transcribe(wav(foreign.audio))

    assert {item.transcript for item in answer.results.utterances or []} == {INAUDIBLE}


async def test_silence_says_nothing(transcribe: Transcribe) -> None:
    answer = await transcribe(wav(quiet(2000), quiet(2000)))

    assert answer.results.utterances == []
    assert transcripts(answer) == ["", ""]
    assert answer.metadata.duration == 2.0


async def test_only_the_latest_calls_are_remembered() -> None:
    world = World()
    first = await said(world, HELLO, "callee", 0, "CA-first")
    for number in range(1, 101):
        await said(world, "Hello.", "callee", number, f"CA{number}")

    assert first not in world.memory.utterances()
    assert len(world.memory.utterances()) == 100


@pytest.mark.parametrize("body", [b"", b"not audio", wav(quiet(20))[:44], wav(quiet(20))[:20]])
async def test_what_is_not_audio_is_refused(transcribe: Transcribe, body: bytes) -> None:
    with pytest.raises(BadRequestError) as refused:
        await transcribe(body)

    assert refused.value.body["err_code"] == "Bad Request"
    assert "corrupt or unsupported data" in refused.value.body["err_msg"]


def test_eight_bit_samples_are_refused() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(8000)
        writer.writeframes(b"\x80" * 800)

    with pytest.raises(NotAudioError):
        read_wav(file.getvalue(), apart=True)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [({"model": "gpt"}, "No such model"), ({"callback": "http://127.0.0.1/x"}, "answers at once")],
)
async def test_options_that_cannot_be_met_are_refused(
    transcribe: Transcribe, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadRequestError) as refused:
        await transcribe(wav(quiet(20)), **options)

    assert complaint in refused.value.body["err_msg"]


async def test_a_wrong_key_is_refused(agent: AgentServer) -> None:
    url = f"{await agent.http_url()}/v1/listen"
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=wav(quiet(20)), headers=headers) as answer,
    ):
        assert (answer.status, (await answer.json())["err_code"]) == (401, "INVALID_AUTH")


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_refusals_on_demand(agent: AgentServer, transcribe: Transcribe, status: int) -> None:
    await plan(agent, fault=str(status))
    with pytest.raises(ApiError) as refused:
        await transcribe(wav(quiet(20)))

    assert refused.value.status_code == status
    await transcribe(wav(quiet(20)))


async def test_garbage_and_no_answer_at_all(agent: AgentServer, transcribe: Transcribe) -> None:
    await plan(agent, fault="garbage")
    with pytest.raises((ParsingError, ApiError)):
        await transcribe(wav(quiet(20)))

    await plan(agent, fault="hang", times=2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(transcribe(wav(quiet(20))), 0.3)
    await plan(agent)
    await transcribe(wav(quiet(20)))


async def test_a_fault_that_makes_no_sense_is_refused(agent: AgentServer) -> None:
    url = f"{await agent.http_url()}/simulator/listen-faults"
    async with aiohttp.ClientSession() as http, http.post(url, json={"fault": "deaf"}) as answer:
        assert (answer.status, (await answer.json())["error"][:7]) == (400, "fault: ")


async def test_a_recording_longer_than_a_form_may_be(agent: AgentServer, transcribe: Transcribe) -> None:
    hello = await said(agent.world, HELLO, "callee", 1)
    recording = wav(hello.audio + quiet(60_000), quiet(70_000))
    assert len(recording) > 2_000_000

    answer = await transcribe(recording)

    assert [item.transcript for item in answer.results.utterances or []] == [HELLO]


async def test_hearing_costs_two_percent_of_the_recording() -> None:
    world = World()
    spoken = [await said(world, f"{OFFER} Number {n}.", "callee", n, f"CA{n % 50}") for n in range(100)]
    audio = b"".join(item.audio + quiet(500) for item in spoken[:20])
    recording = read_wav(wav(audio, audio[::-1]), apart=True)

    began_s = time.process_time()
    heard, reversed_ = hear(recording, world.memory.utterances())
    used_s = time.process_time() - began_s

    assert [item.text for item in heard] == [item.text for item in spoken[:20]]
    assert {item.text for item in reversed_} == {INAUDIBLE}
    assert used_s < 0.02 * recording.duration_s
