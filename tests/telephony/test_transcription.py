"""Recordings through Deepgram's API on the unpatched SDK, and what becomes of a call's transcript."""

from __future__ import annotations

import asyncio
import audioop
import itertools
import json
import time
import wave
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from pytest_django import Settings

from simulator.server import Simulator
from simulator.speech import speak
from telephony import recording, retrying, services, signals, transcripts
from telephony.deepgram.transcription import transcribe
from telephony.events import TurnState
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent, Recording, Transcription
from telephony.retrying import ProviderFailed
from telephony.transcript import Utterance
from tests.telephony.rows import new_call
from tests.telephony.simulated import running_simulator

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SEEDS = itertools.count(1)
HELLO, ASK = "Thanks for calling Acme, this is Dana.", "Could you lower the bill?"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def deepgram(simulator: Simulator, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.01)
    settings.DEEPGRAM_API_KEY = "k"
    settings.DEEPGRAM_API_BASE_URL = simulator.url
    settings.POST_CALL_TRANSCRIPTION = True
    _post(simulator, {})
    return simulator


def _post(simulator: Simulator, fault: dict[str, object]) -> None:
    request = Request(f"{simulator.url}/simulator/listen-faults", json.dumps(fault).encode(), method="POST")
    with urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def fails(simulator: Simulator, fault: str, times: int = 1) -> None:
    """Let the next transcriptions go wrong."""
    _post(simulator, {"fault": fault, "times": times})


def recorded_call(simulator: Simulator) -> Call:
    """A call whose recording has a hello of the person called, and then a question of the agent."""
    call = new_call(None, Event.ANSWER)
    Recording.objects.create(call=call)
    room = simulator.world.room(str(call.pk))
    hello, ask = (
        asyncio.run(speak(text, speaker=speaker, seed=next(SEEDS)))
        for text, speaker in ((HELLO, "callee"), (ASK, "agent"))
    )
    room.spoken(hello)
    room.spoken(ask)
    quiet = b"\xff" * 8 * 500
    left = quiet + hello.audio + quiet + b"\xff" * len(ask.audio) + quiet
    right = quiet + b"\xff" * len(hello.audio) + quiet + ask.audio + quiet
    write_wav(call, left, right)
    ask_ms = 1_000 + hello.duration_ms
    turn = TurnState(1, "agent", ASK, round(ask_ms), round(ask_ms + ask.duration_ms))
    services.session_write(call_id=call.pk, fence=call.fence, entries=[turn])
    return call


def write_wav(call: Call, left: bytes, right: bytes) -> None:
    path = recording.wav_path(call.pk, "mixed")
    path.parent.mkdir(parents=True, exist_ok=True)
    sides = audioop.ulaw2lin(left, 2), audioop.ulaw2lin(right, 2)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(
            audioop.add(audioop.tostereo(sides[0], 2, 1, 0), audioop.tostereo(sides[1], 2, 0, 1), 2)
        )


def close(call: Call, state: Recording.State = Recording.State.FINISHED) -> None:
    services.recording_close(call_id=call.pk, state=state, duration_ms=4_000)


def announced(call: Call) -> list[dict[str, str]]:
    """What the feed was told of the transcript."""
    return list(CallEvent.objects.filter(call=call, type="transcript_ready").values_list("data", flat=True))


def asked(simulator: Simulator, wav: bytes, *, key: str = "k", deadline_s: float = 20) -> list[Utterance]:
    return asyncio.run(transcribe(wav, api_key=key, base_url=simulator.url, deadline_s=deadline_s))


def test_a_call_gets_its_final_transcript(deepgram: Simulator) -> None:
    call = recorded_call(deepgram)
    close(call)
    assert announced(call) == []
    assert transcripts.is_being_made(call)
    transcripts.transcribe(str(Transcription.objects.get(call=call).pk))
    assert announced(call) == [{"source": "final", "detail": ""}]
    transcript = transcripts.transcript_of(call)
    assert transcript.source == "final"
    assert [(turn.number, turn.speaker, turn.text) for turn in transcript.turns] == [
        (1, "caller", HELLO),  # before the agent was connected: no live turn has it
        (2, "agent", ASK),
    ]
    for turn in transcript.turns:
        times = [time_ms for word in turn.words for time_ms in (word.start_ms, word.end_ms)]
        assert times
        assert times == sorted(times)
        assert turn.start_ms - 200 <= times[0] < times[-1] <= turn.end_ms + 200
    assert call.turns.count() == 1  # the live turns stay as they are


@pytest.mark.parametrize("fault", ["429", "500"])
def test_one_fault_is_survived(deepgram: Simulator, fault: str) -> None:
    call = recorded_call(deepgram)
    fails(deepgram, fault)
    wav = recording.wav_path(call.pk, "mixed").read_bytes()
    assert {utterance.speaker for utterance in asked(deepgram, wav)} == {"caller", "agent"}


@pytest.mark.parametrize(
    ("fault", "says"), [("400", "could not read"), ("500", "500"), ("garbage", "cannot be read")]
)
def test_a_fault_that_stays_leaves_the_live_turns(deepgram: Simulator, fault: str, says: str) -> None:
    call = recorded_call(deepgram)
    close(call)
    fails(deepgram, fault, times=10)
    row = Transcription.objects.get(call=call)
    transcripts.transcribe(str(row.pk))
    row.refresh_from_db()
    assert row.state == Transcription.State.FAILED
    assert says in row.failure
    assert announced(call) == [{"source": "live", "detail": row.failure}]
    transcript = transcripts.transcript_of(call)
    assert (transcript.source, [turn.text for turn in transcript.turns]) == ("live", [ASK])


def test_a_wrong_key_names_its_variable(deepgram: Simulator) -> None:
    with pytest.raises(ProviderFailed, match="DEEPGRAM_API_KEY"):
        asked(deepgram, b"RIFF", key="wrong")


def test_the_deadline_is_for_everything(deepgram: Simulator) -> None:
    fails(deepgram, "hang", times=10)
    began = time.monotonic()
    with pytest.raises(ProviderFailed, match=r"in time|within"):
        asked(deepgram, b"RIFF", deadline_s=0.3)
    assert time.monotonic() - began < 5


def test_a_server_that_is_away_is_told_in_a_sentence(deepgram: Simulator) -> None:
    with pytest.raises(ProviderFailed, match="cannot be reached"):
        asyncio.run(transcribe(b"RIFF", api_key="k", base_url="http://127.0.0.1:9", deadline_s=5))


@pytest.mark.parametrize("unwanted", ["switched off", "no key", "no sound"])
def test_without_transcription_the_live_turns_are_the_transcript(
    deepgram: Simulator, settings: Settings, unwanted: str
) -> None:
    call = recorded_call(deepgram)
    settings.POST_CALL_TRANSCRIPTION = unwanted != "switched off"
    settings.DEEPGRAM_API_KEY = "" if unwanted == "no key" else "k"
    close(call, Recording.State.MISSING if unwanted == "no sound" else Recording.State.FINISHED)
    assert not Transcription.objects.exists()
    assert announced(call) == [{"source": "live", "detail": ""}]
    assert transcripts.transcript_of(call).source == "live"


def test_a_recording_that_is_gone_is_no_reason_to_try_again(deepgram: Simulator) -> None:
    call = recorded_call(deepgram)
    recording.wav_path(call.pk, "mixed").unlink()
    close(call)
    transcripts.transcribe(str(Transcription.objects.get(call=call).pk))
    assert "No such file" in announced(call)[0]["detail"]


def test_work_that_kills_its_worker_is_given_up(deepgram: Simulator) -> None:
    call = recorded_call(deepgram)
    close(call)
    Transcription.objects.filter(call=call).update(attempts=4)
    transcripts.transcribe(str(Transcription.objects.get(call=call).pk))
    assert "4 times" in announced(call)[0]["detail"]


def test_a_mistake_of_ours_is_tried_again_later(deepgram: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    call = recorded_call(deepgram)
    close(call)
    monkeypatch.setattr(transcripts, "merge", lambda *_: 1 / 0)
    row = Transcription.objects.get(call=call)
    transcripts.transcribe(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.attempts) == (Transcription.State.PENDING, 1)
    assert announced(call) == []


def test_it_is_announced_in_the_transaction_and_once(deepgram: Simulator) -> None:
    heard: list[Call] = []

    def note(*, call: Call, **_: object) -> None:
        heard.append(call)

    signals.transcript_ready.connect(note)
    try:
        call = recorded_call(deepgram)
        close(call)
        key = str(Transcription.objects.get(call=call).pk)
        transcripts.transcribe(key)
        transcripts.transcribe(key)  # the message came twice
    finally:
        signals.transcript_ready.disconnect(note)
    assert heard == [call]
