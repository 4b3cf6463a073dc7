"""The ear hears what arrived, in any framing, and nothing else."""

from __future__ import annotations

import audioop
import random
import time
from collections.abc import Callable

import pytest

from simulator.dither import WINDOW_BYTES
from simulator.ear import Ear, Spoken
from simulator.room import INAUDIBLE, Room
from simulator.speech import Utterance, from_recording, speak
from simulator.world import World

from .conftest import TEXT

pytestmark = pytest.mark.unit

QUIET = b"\xff" * 8000


def windows(audio: bytes) -> list[bytes]:
    return [audio[at : at + WINDOW_BYTES] for at in range(0, len(audio), WINDOW_BYTES)]


def listen(ear: Ear, audio: bytes, frame_bytes: int = 160) -> Ear:
    for at in range(0, len(audio), frame_bytes):
        ear.feed(audio[at : at + frame_bytes])
    return ear


def lossy(audio: bytes, share: float, stand_in: bytes = b"") -> bytes:
    """`audio` with a share of its windows dropped at random, or replaced."""
    kept = windows(audio)
    for index in random.Random(3).sample(range(1, len(kept)), round(share * len(kept))):
        kept[index] = stand_in
    return b"".join(kept)


def louder(audio: bytes) -> bytes:
    return audioop.lin2ulaw(audioop.mul(audioop.ulaw2lin(audio, 2), 2, 0.9), 2)


def resampled(audio: bytes) -> bytes:
    up, _ = audioop.ratecv(audioop.ulaw2lin(audio, 2), 2, 1, 8000, 16000, None)
    down, _ = audioop.ratecv(up, 2, 1, 16000, 8000, None)
    return audioop.lin2ulaw(down, 2)


def swapped_pairs(audio: bytes) -> bytes:
    parts = windows(audio)
    parts[: len(parts) // 2 * 2] = [parts[i ^ 1] for i in range(len(parts) // 2 * 2)]
    return b"".join(parts)


@pytest.mark.parametrize("frame_bytes", [1, 7, 80, 159, 160, 161, 320, 1023, 4096])
def test_any_framing_is_understood(room: Room, utterance: Utterance, frame_bytes: int) -> None:
    ear = listen(room.ear("callee"), QUIET + utterance.audio + QUIET, frame_bytes)

    (heard,) = ear.heard()
    assert (heard.text, heard.complete, heard.fraction) == (TEXT, True, 1.0)
    assert heard.start_ms == 1000
    assert heard.end_ms == 1000 + utterance.duration_ms


@pytest.mark.parametrize("offset", [1, 3, 79, 159])
def test_any_alignment_is_understood(room: Room, utterance: Utterance, offset: int) -> None:
    ear = listen(room.ear("callee"), b"\xff" * offset + utterance.audio)

    assert [heard.text for heard in ear.heard()] == [TEXT]


@pytest.mark.parametrize(
    ("change", "understood"),
    [
        pytest.param(lambda a: lossy(a, 0.05), True, id="5 % dropped"),
        pytest.param(lambda a: lossy(a, 0.15), False, id="15 % dropped"),
        pytest.param(lambda a: lossy(a, 0.05, b"\x20" * 160), True, id="5 % replaced by noise"),
        pytest.param(lambda a: lossy(a, 0.15, b"\xff" * 160), False, id="15 % replaced by silence"),
        pytest.param(lambda a: a[:4003] + QUIET + a[4003:], True, id="a gap inside"),
        pytest.param(lambda a: a[: len(a) // 40 * 40 - 2400], True, id="its last moment missing"),
        pytest.param(lambda a: a[len(a) // 5 :], False, id="its beginning missing"),
        pytest.param(swapped_pairs, False, id="frames swapped"),
        pytest.param(louder, False, id="re-encoded with another gain"),
        pytest.param(resampled, False, id="resampled"),
        pytest.param(lambda a: bytes(x ^ 0x80 for x in a), False, id="inverted"),
        pytest.param(lambda a: a[::2], False, id="at twice the speed"),
    ],
)
def test_what_happens_on_the_way_decides(
    room: Room, utterance: Utterance, change: Callable[[bytes], bytes], understood: bool
) -> None:
    ear = listen(room.ear("callee"), QUIET + change(utterance.audio) + QUIET)

    assert ear.take().startswith(TEXT if understood else INAUDIBLE)
    assert {heard.text for heard in ear.heard()} == {TEXT if understood else INAUDIBLE}


async def test_unmatched_voice_is_reported_once_per_stretch(room: Room, utterance: Utterance) -> None:
    foreign = await speak(TEXT, speaker="callee", seed=10)
    ear = listen(room.ear("callee"), foreign.audio + QUIET + foreign.audio + QUIET)

    assert [heard.text for heard in ear.heard()] == [INAUDIBLE, INAUDIBLE]
    assert ear.take() == INAUDIBLE
    assert ear.take() == ""


async def test_another_rooms_words_are_inaudible(world: World, room: Room, utterance: Utterance) -> None:
    elsewhere = world.room("CA2")
    elsewhere.spoken(await speak(TEXT, speaker="callee", seed=8))

    ear = listen(elsewhere.ear("callee"), QUIET + utterance.audio + QUIET)

    assert {heard.text for heard in ear.heard()} == {INAUDIBLE}


def test_the_other_side_is_not_understood_by_its_own_words(room: Room, utterance: Utterance) -> None:
    ear = listen(room.ear("agent"), utterance.audio + QUIET)

    assert ear.take() == INAUDIBLE


def test_one_seed_in_two_rooms_is_refused(world: World, utterance: Utterance) -> None:
    with pytest.raises(ValueError, match="seed was used twice"):
        world.room("CA2").spoken(utterance)


def test_a_cut_utterance_gives_the_words_of_its_beginning(room: Room, utterance: Utterance) -> None:
    ear = listen(room.ear("callee"), utterance.audio[: len(utterance.audio) // 2] + QUIET)

    (heard,) = ear.heard()
    assert not heard.complete
    assert heard.fraction == pytest.approx(0.5, abs=0.01)
    assert TEXT.startswith(heard.text)
    assert 5 <= len(heard.text.split()) <= 7
    assert ear.take() == heard.text


def test_take_gives_each_word_once(room: Room, utterance: Utterance) -> None:
    ear = room.ear("callee")
    half = len(utterance.audio) // 2

    listen(ear, utterance.audio[:half])
    first = ear.take()
    assert ear.take() == ""
    listen(ear, utterance.audio[half:])
    second = ear.take()

    assert f"{first} {second}" == TEXT
    assert ear.take() == ""


async def test_a_cut_utterance_followed_by_another(room: Room, utterance: Utterance) -> None:
    later = await speak("Sorry, one moment please.", speaker="callee", seed=9)
    room.spoken(later)

    ear = listen(room.ear("callee"), utterance.audio[:16001] + b"\xff" * 400 + later.audio)

    cut, whole = ear.heard()
    assert (cut.complete, whole.complete) == (False, True)
    assert whole.text == "Sorry, one moment please."


def test_an_utterance_played_twice_is_heard_twice(room: Room, utterance: Utterance) -> None:
    ear = listen(room.ear("callee"), utterance.audio + utterance.audio)

    assert [heard.text for heard in ear.heard()] == [TEXT, TEXT]


async def test_foreign_audio_inside_an_utterance_is_heard(room: Room, utterance: Utterance) -> None:
    foreign = await speak("Quite another conversation", speaker="callee", seed=10)
    half = len(utterance.audio) // 320 * 160

    ear = listen(room.ear("callee"), utterance.audio[:half] + foreign.audio + utterance.audio[half:])

    assert [heard.text for heard in ear.heard()] == [TEXT, INAUDIBLE]


def test_a_recording_without_text_is_inaudible(room: Room, utterance: Utterance) -> None:
    recording = from_recording(utterance.audio, None, speaker="callee", seed=1)
    room.spoken(recording)

    assert listen(room.ear("callee"), recording.audio).take() == INAUDIBLE


def test_silence_and_dither_alone_say_nothing(room: Room) -> None:
    hush = from_recording(b"\xff" * 16000, "", speaker="callee", seed=1)

    ear = listen(room.ear("callee"), QUIET + hush.audio + QUIET)

    assert (ear.take(), ear.heard()) == ("", [])


async def test_only_the_latest_utterances_are_known() -> None:
    spoken = Spoken(limit=2)
    said = [await speak(f"Number {n}.", speaker="callee", seed=n) for n in range(3)]
    for utterance in said:
        spoken.add(utterance)

    assert [spoken.find(u.audio[:160]) is not None for u in said] == [False, True, True]


def test_hearing_costs_less_than_one_percent_of_a_core(room: Room, utterance: Utterance) -> None:
    foreign = louder(utterance.audio)
    audio = (QUIET + utterance.audio + foreign) * 5
    ear = room.ear("callee")

    began_s = time.process_time()
    listen(ear, audio)
    used_s = time.process_time() - began_s

    assert used_s < 0.01 * len(audio) / 8000
