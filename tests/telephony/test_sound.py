"""What listeners are given of a call's sound: everything while they listen, once and in order, and nothing else."""

from __future__ import annotations

import pytest

from telephony.playback import Placed
from telephony.sound import Lane, Piece, Sound
from tests.telephony.sounds import numbered

pytestmark = pytest.mark.unit


class Ears:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.far: list[bool] = []
        self.sound = Sound(self.publish)

    def publish(self, piece: Piece, far: bool) -> None:
        self.pieces.append(piece)
        self.far.append(far)


@pytest.fixture
def ears() -> Ears:
    ears = Ears()
    ears.sound.listened(far=False)
    return ears


def test_nobody_listens_to_silence() -> None:
    ears = Ears()
    ears.sound.caller(numbered(160), 0)
    ears.sound.agent(Placed(0, numbered(160)))
    ears.sound.flush()
    assert ears.pieces == []


def test_frames_are_joined_until_they_are_passed_on(ears: Ears) -> None:
    for index in range(3):
        ears.sound.caller(numbered(480)[index * 160 :][:160], 1000.25 + index * 20)
    ears.sound.flush()
    ears.sound.flush()
    ears.sound.caller(numbered(160), 1060.25)
    ears.sound.flush()
    assert ears.pieces == [
        Piece(Lane.CALLER, 1000.25, numbered(480)),
        Piece(Lane.CALLER, 1060.25, numbered(160)),
    ]


def test_a_gap_begins_another_piece(ears: Ears) -> None:
    ears.sound.caller(numbered(160), 0)
    ears.sound.caller(numbered(160), 500)
    ears.sound.flush()
    assert [piece.start_ms for piece in ears.pieces] == [0, 500]


def test_a_long_stretch_is_cut(ears: Ears) -> None:
    ears.sound.agent(Placed(100, numbered(2000)))
    assert [(piece.start_ms, len(piece.audio)) for piece in ears.pieces] == [
        (100, 800),
        (200, 800),
        (300, 400),
    ]
    assert b"".join(piece.audio for piece in ears.pieces) == numbered(2000)
    assert {piece.lane for piece in ears.pieces} == {Lane.AGENT}


def test_only_who_is_far_makes_it_travel(ears: Ears) -> None:
    ears.sound.agent(Placed(0, numbered(160)))
    ears.sound.listened(far=True)
    ears.sound.agent(Placed(20, numbered(160)))
    assert ears.far == [False, True]


def test_a_piece_survives_the_journey() -> None:
    piece = Piece(Lane.AGENT, 1234.125, numbered(320))
    assert Piece.from_json(piece.to_json()) == piece
