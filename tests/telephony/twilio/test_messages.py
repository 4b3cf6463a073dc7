"""Twilio's Media Streams frames: documented ones are read, all else is a BadFrame."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.twilio import messages
from telephony.twilio.messages import BadFrame, Connected, Dtmf, Mark, Media, Start, Stop, Unknown, parse

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures" / "twilio"
STREAM = "MZ18ad3ab5a668481ce02b83e7395059f0"
CALL = "CA5f3d4b1fd7f1d7e2b24d6d3b6f6a9e10"
ACCOUNT = "AC6b2f0d5c8d9e4f7a8b1c2d3e4f5a6b7c"


def fixture(name: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return frame


READ = {
    "connected": Connected("Call", "1.0.0"),
    "start": Start(
        sequence=1,
        stream_sid=STREAM,
        account_sid=ACCOUNT,
        call_sid=CALL,
        parameters={"token": "k3Jf9", "call": "0b8a0f0e-6b1c-4b59-9a57-2f4a7d8a51f2"},
    ),
    "media": Media(sequence=2, stream_sid=STREAM, chunk=1, timestamp_ms=155, payload=b"\xff\x7f" * 80),
    "dtmf": Dtmf(sequence=5, stream_sid=STREAM, digit="1"),
    "mark": Mark(sequence=4, stream_sid=STREAM, name="opening"),
    "stop": Stop(sequence=5, stream_sid=STREAM, account_sid=ACCOUNT, call_sid=CALL),
}


def test_every_fixture_is_expected() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(READ)


@pytest.mark.parametrize("name", READ)
def test_documented_frame_is_read(name: str) -> None:
    assert parse((FIXTURES / f"{name}.json").read_text()) == READ[name]


@pytest.mark.parametrize("name", READ)
def test_keys_twilio_may_add_later_are_ignored(name: str) -> None:
    assert parse(json.dumps(fixture(name) | {"novelty": {"a": [1]}})) == READ[name]


def test_a_start_may_have_no_parameters() -> None:
    read = parse(changed(fixture("start"), ("start", "customParameters"), {}))
    assert isinstance(read, Start)
    assert read.parameters == {}


def test_an_event_we_do_not_know_is_named() -> None:
    assert parse('{"event":"weather","streamSid":"MZ1"}') == Unknown("weather")


def test_the_name_of_an_unknown_event_is_bounded() -> None:
    assert parse(json.dumps({"event": "x" * 5000})) == Unknown("x" * 64)


NOT_FRAMES = {
    "empty": "",
    "not json": "hello",
    "a list": "[]",
    "a string": '"start"',
    "a number": "1",
    "null": "null",
    "no event": "{}",
    "event is a number": '{"event":1}',
    "event is a list": '{"event":["media"]}',
    "event with NUL": '{"event":"a\\u0000"}',
    "event with half a surrogate": '{"event":"\\ud800"}',
    "raw NUL": '{"event":"mark\x00"}',
    "nested too deeply": '{"event":' + "[" * 200_000,
    "a number with too many digits": '{"event":' + "9" * 10_000 + "}",
    "trailing text": '{"event":"weather"} {}',
}


@pytest.mark.parametrize("text", NOT_FRAMES.values(), ids=NOT_FRAMES.keys())
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(BadFrame):
        parse(text)


def leaves(frame: dict[str, Any]) -> list[tuple[str, ...]]:
    """Paths of every key Twilio documents in this frame, except the event's name."""
    paths: list[tuple[str, ...]] = []
    for key, value in frame.items():
        if key != "event":
            paths.append((key,))
        if isinstance(value, dict):
            paths.extend((key, *rest) for rest in leaves(value))
    return paths


# Keys we have no use for, so their absence must not end a call.
UNUSED = {("start", "tracks"), ("dtmf", "track")}
NEEDED = [
    (name, path)
    for name in READ
    for path in leaves(fixture(name))
    if path not in UNUSED and path[:2] != ("start", "customParameters")
] + [("start", ("start", "customParameters"))]


def changed(frame: dict[str, Any], path: tuple[str, ...], value: object) -> str:
    """The frame with one key replaced, or removed when the value is `...`."""
    frame = copy.deepcopy(frame)
    holder = frame
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return json.dumps(frame)


@pytest.mark.parametrize(("name", "path"), NEEDED, ids=str)
@pytest.mark.parametrize("value", [..., None, 1.5, True, []], ids=repr)
def test_a_missing_or_wrong_key_is_named(name: str, path: tuple[str, ...], value: object) -> None:
    with pytest.raises(BadFrame) as error:
        parse(changed(fixture(name), path, value))
    assert path[0] in str(error.value)


WRONG = {
    "sequence is a number": ("media", ("sequenceNumber",), 2),
    "chunk is a number": ("media", ("media", "chunk"), 1),
    "timestamp is a number": ("media", ("media", "timestamp"), 155),
    "timestamp is negative": ("media", ("media", "timestamp"), "-5"),
    "timestamp is empty": ("media", ("media", "timestamp"), ""),
    "timestamp in other digits": ("media", ("media", "timestamp"), "١٢"),
    "timestamp has an exponent digit": ("media", ("media", "timestamp"), "²"),
    "timestamp is enormous": ("media", ("media", "timestamp"), "9" * 5000),
    "track is ours": ("media", ("media", "track"), "outbound"),
    "payload is not base64": ("media", ("media", "payload"), "not*base64"),
    "payload has a line break": ("media", ("media", "payload"), "AAAA\nAAAA"),
    "payload lacks padding": ("media", ("media", "payload"), "AAAAA"),
    "payload is url-safe base64": ("media", ("media", "payload"), "__-_"),
    "payload is not ASCII": ("media", ("media", "payload"), "ÄÄÄÄ"),
    "payload is too long": ("media", ("media", "payload"), base64.b64encode(bytes(8193)).decode()),
    "payload is far too long": ("media", ("media", "payload"), "A" * 4_000_000),
    "two streams in one start": ("start", ("start", "streamSid"), "MZ0"),
    "another encoding": ("start", ("start", "mediaFormat", "encoding"), "audio/l16"),
    "another rate": ("start", ("start", "mediaFormat", "sampleRate"), 16000),
    "stereo": ("start", ("start", "mediaFormat", "channels"), 2),
    "a parameter is a number": ("start", ("start", "customParameters", "token"), 7),
    "a parameter has NUL": ("start", ("start", "customParameters", "token"), "a\x00b"),
    "a parameter's name has NUL": ("start", ("start", "customParameters", "a\x00b"), "x"),
    "a parameter has half a surrogate": ("start", ("start", "customParameters", "token"), "\udc00"),
    "two keys": ("dtmf", ("dtmf", "digit"), "12"),
    "no key": ("dtmf", ("dtmf", "digit"), ""),
    "not a key": ("dtmf", ("dtmf", "digit"), "x"),
    "a mark without its object": ("mark", ("mark",), "opening"),
    "a call id with NUL": ("stop", ("stop", "callSid"), "CA\x00"),
}


@pytest.mark.parametrize(("name", "path", "value"), WRONG.values(), ids=WRONG.keys())
def test_what_twilio_never_sends_is_refused(name: str, path: tuple[str, ...], value: object) -> None:
    with pytest.raises(BadFrame) as error:
        parse(changed(fixture(name), path, value))
    assert str(error.value).isprintable()
    assert str(error.value).isascii()


def test_the_longest_payload_is_read() -> None:
    frame = changed(fixture("media"), ("media", "payload"), base64.b64encode(bytes(8192)).decode())
    read = parse(frame)
    assert isinstance(read, Media)
    assert read.payload == bytes(8192)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
every_path = st.sampled_from([(name, path) for name in READ for path in leaves(fixture(name))])


@given(st.text(st.characters(codec=None)))
def test_no_text_raises_anything_but_bad_frame(text: str) -> None:
    with contextlib.suppress(BadFrame):
        parse(text)


@given(every_path, json_values)
def test_no_value_in_any_place_raises_anything_but_bad_frame(
    place: tuple[str, tuple[str, ...]], value: Any
) -> None:
    name, path = place
    try:
        read = parse(changed(fixture(name), path, value))
    except BadFrame:
        return
    assert type(read) is type(READ[name])


@given(st.binary(max_size=9000))
def test_media_carries_the_audio_and_nothing_else(audio: bytes) -> None:
    sent = json.loads(messages.media(STREAM, audio))
    assert sent == {
        "event": "media",
        "streamSid": STREAM,
        "media": {"payload": base64.b64encode(audio).decode()},
    }


def test_mark_and_clear_have_exactly_the_documented_keys() -> None:
    assert json.loads(messages.mark(STREAM, 'a "name"')) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": 'a "name"'},
    }
    assert json.loads(messages.clear(STREAM)) == {"event": "clear", "streamSid": STREAM}
