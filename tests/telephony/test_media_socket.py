"""Twilio's media socket, spoken to over a real connection: who gets in, and as whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from websockets.exceptions import InvalidStatus

from telephony import consumers, live, stream_token
from telephony.lifecycle import State
from telephony.models import Call
from tests.telephony.media_calls import (
    answered_call,
    bad_frames,
    caller_track,
    completed,
    ended,
    hang_up,
    media_socket,
    sound,
    stream,
    stream_events,
    token_of,
)
from tests.telephony.media_client import PATH, SIGNED_URL, shake_hands, signature_of

pytestmark = [
    pytest.mark.ws,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("calls_without_agent"),
]


@pytest.mark.parametrize(
    ("path", "headers", "host"),
    [
        (PATH, {}, "phone.example.com"),
        (PATH, {"X-Twilio-Signature": ""}, "phone.example.com"),
        (PATH, {"X-Twilio-Signature": "R785QwKaMmVmrpaeSckEcksUUno="}, "phone.example.com"),
        (PATH, signature_of(SIGNED_URL, token="another"), "phone.example.com"),
        (PATH, signature_of(SIGNED_URL, token=""), "phone.example.com"),
        (PATH, signature_of(SIGNED_URL.replace("wss", "https")), "phone.example.com"),
        (PATH, signature_of(SIGNED_URL.replace("wss", "ws")), "phone.example.com"),
        (PATH, signature_of("wss://evil.example.com" + PATH), "evil.example.com"),
        (PATH, signature_of(SIGNED_URL + "/"), "phone.example.com"),
        (PATH + "/", signature_of(SIGNED_URL), "phone.example.com"),
    ],
)
def test_a_stranger_is_refused_before_the_handshake(
    port: int, path: str, headers: dict[str, str], host: str
) -> None:
    with pytest.raises(InvalidStatus) as refused, shake_hands(port, path=path, headers=headers, host=host):
        pass
    assert refused.value.response.status_code == 403


def test_the_address_that_is_signed_is_ours_whatever_the_host_header_says(port: int) -> None:
    with shake_hands(port, host="10.0.0.7:8080") as ws:
        assert ws.ping().wait(5)


def test_without_an_address_or_a_token_nobody_is_let_in(port: int, settings: Settings) -> None:
    for missing in ("MEDIA_BASE_URL", "TWILIO_AUTH_TOKEN"):
        setattr(settings, missing, "")
        with pytest.raises(InvalidStatus), shake_hands(port):
            pass


def test_a_socket_without_a_start_is_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "START_TIMEOUT_S", 0.1)
    with media_socket(port, answered_call()) as twilio:
        assert twilio.close_code() == 4408


def other_token(call: Call) -> dict[str, Any]:
    return {"customParameters": {"token": stream_token.make(call.pk, 1)[:-1] + "~"}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (lambda call: {}, 4403),
        (lambda call: {"customParameters": {"token": "nonsense"}}, 4403),
        (other_token, 4403),
        (lambda call: {"customParameters": token_of(call), "accountSid": "AC" + "9" * 32}, 4403),
        (lambda call: {"customParameters": token_of(call), "callSid": "CA" + "9" * 32}, 4403),
        (lambda call: {"customParameters": {"token": stream_token.make(uuid.uuid4(), 1)}}, 4404),
        (lambda call: {"customParameters": token_of(call, generation=2)}, 4409),
    ],
    ids=["none", "nonsense", "changed", "account", "call", "unknown", "generation"],
)
def test_a_start_that_is_not_for_a_call_of_ours_is_refused(
    port: int, changes: Callable[[Call], dict[str, Any]], code: int
) -> None:
    call = answered_call()
    with media_socket(port, call) as twilio:
        twilio.start(**changes(call))
        assert twilio.close_code() == code
    call.refresh_from_db()
    assert not call.stream_claimed
    assert live.count() == 0


def test_a_call_that_is_over_gets_no_stream(port: int) -> None:
    call = answered_call()
    completed(call)
    with media_socket(port, call) as twilio:
        twilio.start(customParameters=token_of(call))
        assert twilio.close_code() == 4409


def test_a_token_lets_one_stream_in_which_goes_on(port: int) -> None:
    call, audio = answered_call(), sound(50)
    with stream(port, call) as twilio, media_socket(port, call) as second:
        twilio.media(audio[:4000])
        second.start(customParameters=token_of(call))
        second.media(sound(10))
        assert second.close_code() == 4409
        twilio.media(audio[4000:])
        hang_up(call, twilio)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    assert caller_track(call) == audio


def test_what_is_said_twice_counts_once(port: int) -> None:
    call, audio = answered_call(), sound(50)
    before = bad_frames()
    with media_socket(port, call) as twilio:
        twilio.say(twilio.frame(sound(1)))
        twilio.dtmf("1")
        twilio.connected()
        twilio.start(customParameters=token_of(call))
        twilio.start(customParameters=token_of(call))
        twilio.media(audio[:4000])
        twilio.connected()
        twilio.start(customParameters={})
        twilio.media(audio[4000:])
        twilio.stop()
        twilio.stop()
        twilio.say(twilio.frame(sound(1)))
        hang_up(call, twilio)
    assert ended(call) == (State.COMPLETED, "callee_hung_up")
    assert caller_track(call) == audio
    assert bad_frames() - before == 2  # what came before the start
    assert stream_events(call) == ["started", "stopped"]
