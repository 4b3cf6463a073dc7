"""How long a call waits for its next stream."""

from __future__ import annotations

import pytest

from telephony.handover import GRACE_MS, KEY_MS, REDIRECT_MS, Handover

pytestmark = pytest.mark.unit


def test_a_stream_that_is_there_ends_nothing() -> None:
    handover = Handover()
    assert not handover.is_away()
    assert handover.given_up(1e9) == ""
    assert handover.given_up(0, is_over=True) == ""


def test_a_stream_that_went_by_itself_is_waited_for_a_moment() -> None:
    handover = Handover()
    handover.lost("callee_hung_up", 1000)
    assert handover.is_away()
    assert handover.given_up(1000 + GRACE_MS - 1) == ""
    assert handover.given_up(1000 + GRACE_MS) == "callee_hung_up"


def test_a_stream_that_we_replace_is_waited_for_until_its_keys_were_pressed() -> None:
    handover = Handover()
    handover.expect(keys=3)
    handover.lost("callee_hung_up", 0)
    assert handover.given_up(REDIRECT_MS + 3 * KEY_MS - 1) == ""
    assert handover.given_up(REDIRECT_MS + 3 * KEY_MS) == "callee_hung_up"


def test_keys_asked_for_while_it_is_away_are_waited_for_too() -> None:
    handover = Handover()
    handover.lost("callee_hung_up", 0)
    handover.expect(keys=1)
    assert handover.given_up(GRACE_MS) == ""


def test_nothing_is_waited_for_that_twilio_has_ended() -> None:
    handover = Handover()
    handover.expect(keys=1)
    handover.lost("media_lost", 0)
    assert handover.given_up(10, is_over=True) == "media_lost"


def test_the_next_stream_starts_afresh() -> None:
    handover = Handover()
    handover.expect(keys=9)
    handover.attached()
    handover.lost("media_lost", 5000)
    assert handover.given_up(5000 + GRACE_MS) == "media_lost"


def test_a_redirect_that_was_refused_leaves_the_usual_grace() -> None:
    handover = Handover()
    handover.expect(keys=9)
    handover.expect_nothing()
    handover.lost("callee_hung_up", 0)
    assert handover.given_up(GRACE_MS) == "callee_hung_up"


def test_the_stream_tells_whether_a_replacement_has_begun() -> None:
    handover = Handover()
    handover.expect(keys=1)
    assert not handover.has_begun()
    handover.lost("callee_hung_up", 0)
    assert handover.has_begun()
    handover.attached()
    assert handover.has_begun()
