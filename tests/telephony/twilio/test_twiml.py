"""Our TwiML: whatever text goes in, the document keeps its shape."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.twilio.twiml import MAX_PARAMETER_CHARS, connect_stream, hang_up, say_and_hang_up

pytestmark = pytest.mark.unit

URL = "wss://calls.example.com/twilio/media-stream"
CALLBACK = "https://calls.example.com/twilio/stream-status?call=1&x=2"


def tags(element: ET.Element) -> list[str]:
    return [child.tag for child in element]


def read(document: str) -> ET.Element:
    return ET.fromstring(document.encode())  # noqa: S314 - our own document


def test_a_stream_is_connected_and_the_call_hung_up_after_it() -> None:
    root = read(connect_stream(url=URL, status_callback=CALLBACK, parameters={"token": "t", "call": "c"}))
    assert (root.tag, tags(root)) == ("Response", ["Connect", "Hangup"])
    [stream] = root[0]
    assert (stream.tag, stream.attrib) == ("Stream", {"url": URL, "statusCallback": CALLBACK})
    assert [(child.tag, child.attrib) for child in stream] == [
        ("Parameter", {"name": "token", "value": "t"}),
        ("Parameter", {"name": "call", "value": "c"}),
    ]


@pytest.mark.parametrize(
    "url",
    ["", "/media", "https://h/media", "wss:///media", URL + "?token=1", URL + "?", URL + "#a", "//h/media"],
)
def test_an_address_twilio_would_not_dial_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the stream's url"):
        connect_stream(url=url, status_callback=CALLBACK, parameters={})


@pytest.mark.parametrize("parameter", [("n", "v" * MAX_PARAMETER_CHARS), ("n" * 500, ""), ("", "v")])
def test_a_parameter_twilio_would_drop_is_refused(parameter: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="stream parameter"):
        connect_stream(url=URL, status_callback=CALLBACK, parameters=dict([parameter]))


def test_the_longest_parameter_is_taken() -> None:
    value = "v" * (MAX_PARAMETER_CHARS - 1)
    root = read(connect_stream(url=URL, status_callback=CALLBACK, parameters={"n": value}))
    assert root[0][0][0].attrib["value"] == value


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=200), max_size=4))
def test_parameters_come_out_as_they_went_in_or_are_refused(parameters: dict[str, str]) -> None:
    try:
        document = connect_stream(url=URL, status_callback=CALLBACK, parameters=parameters)
    except ValueError:
        return
    root = read(document)
    assert (root.tag, tags(root), tags(root[0])) == ("Response", ["Connect", "Hangup"], ["Stream"])
    assert set(tags(root[0][0])) <= {"Parameter"}
    assert {child.attrib["name"]: child.attrib["value"] for child in root[0][0]} == parameters


@given(st.text())
def test_spoken_text_never_becomes_markup(text: str) -> None:
    try:
        document = say_and_hang_up(text)
    except ValueError:
        return
    root = read(document)
    assert (root.tag, tags(root), tags(root[0])) == ("Response", ["Say", "Hangup"], [])


@pytest.mark.parametrize("text", ["a\x00", "\x1b[0m", "\ufffe", "\ud800"])
def test_text_that_xml_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="XML"):
        say_and_hang_up(text)


def test_hanging_up() -> None:
    root = read(hang_up())
    assert (root.tag, tags(root)) == ("Response", ["Hangup"])
