"""TwiML as it is understood, and as it is refused."""

from __future__ import annotations

import pytest

from simulator.twilio.errors import TwilioError
from simulator.twilio.twiml import Connect, Hangup, Pause, Play, Redirect, Say, Stream, check_stream, parse

pytestmark = pytest.mark.unit


def stream(url: str, track: str = "inbound_track", parameters: tuple[tuple[str, str], ...] = ()) -> Stream:
    return Stream(url, "", track, "", "POST", parameters)


def test_connect_stream_with_parameters() -> None:
    document = parse(
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://h/m" name="n" '
        'statusCallback="https://h/s"><Parameter name="token" value="a&amp;b"/></Stream></Connect><Hangup/></Response>'
    )
    connect, hangup = document.verbs
    assert connect == Connect(
        Stream("wss://h/m", "n", "inbound_track", "https://h/s", "POST", (("token", "a&b"),)), "", "POST"
    )
    assert hangup == Hangup()
    assert document.warnings == ()


def test_verbs_in_order_and_relative_urls_from_the_document() -> None:
    document = parse(
        '<Response><Say voice="x">Sorry,\n goodbye.</Say><Pause length="2"/><Play digits="ww1"/>'
        '<Connect action="after"><Stream url="/media"/></Connect><Redirect method="GET">/next</Redirect></Response>',
        "https://h.example/twilio/voice",
    )
    say, rest, play, connect, redirect = document.verbs
    assert (say, rest, play) == (Say("Sorry, goodbye."), Pause(2), Play("ww1"))
    assert isinstance(connect, Connect)
    assert (connect.action, connect.stream.url) == ("https://h.example/twilio/after", "wss://h.example/media")
    assert redirect == Redirect("https://h.example/next", "GET")


@pytest.mark.parametrize("text", ["<Response/>", "<Response>  </Response>"])
def test_an_empty_response_is_valid(text: str) -> None:
    assert parse(text).verbs == ()


def test_unknown_verbs_and_attributes_are_ignored_with_a_warning() -> None:
    document = parse('<Response><hangup/><Hangup why="x"/><Pause long="1"/></Response>')
    assert document.verbs == (Hangup(), Pause(1))
    assert document.warnings == ("unknown verb <hangup> ignored", "unknown attribute long of <Pause>")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<Response>", 12100),
        ("", 12100),
        ("<Answer/>", 12101),
        (f"<Response><Say>{'x' * 65536}</Say></Response>", 11750),
        ('<Response><Pause length="long"/></Response>', 12200),
        ("<Response><Dial>+12025550100</Dial></Response>", 12200),
        ("<Response><Play>https://h/x.mp3</Play></Response>", 12200),
    ],
)
def test_documents_that_fail(text: str, code: int) -> None:
    with pytest.raises(TwilioError) as caught:
        parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "url", ["wss://h.example/m", "ws://127.0.0.1:3001/m", "ws://localhost/m", "ws://[::1]/m"]
)
def test_streams_that_open(url: str) -> None:
    check_stream(stream(url))


@pytest.mark.parametrize(
    ("noun", "code"),
    [
        (stream("ws://h.example/m"), 31922),
        (stream("https://h.example/m"), 31922),
        (stream("wss:///m"), 31923),
        (stream(""), 31923),
        (stream("wss://h.example/m?token=x"), 31920),
        (stream("wss://h.example/m", track="both_tracks"), 31941),
        (stream("wss://h.example/m", parameters=(("token", "x" * 500),)), 31940),
    ],
)
def test_streams_that_do_not(noun: Stream, code: int) -> None:
    with pytest.raises(TwilioError) as caught:
        check_stream(noun)
    assert caught.value.code == code
