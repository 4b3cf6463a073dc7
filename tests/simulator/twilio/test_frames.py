"""The stream's JSON frames, as they are on the wire."""

from __future__ import annotations

import json

import pytest

from simulator.twilio.frames import Clear, InvalidMessage, Mark, Media, Outgoing, parse

pytestmark = pytest.mark.unit


def test_frames_have_exactly_twilios_keys_and_one_sequence() -> None:
    out = Outgoing("AC1", "CA1", "MZ1")
    assert json.loads(out.connected()) == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert json.loads(out.start({"token": "x"})) == {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": "AC1",
            "streamSid": "MZ1",
            "callSid": "CA1",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "x"},
        },
        "streamSid": "MZ1",
    }
    assert json.loads(out.media(1, 155, b"\xff\x7f")) == {
        "event": "media",
        "sequenceNumber": "2",
        "media": {"track": "inbound", "chunk": "1", "timestamp": "155", "payload": "/38="},
        "streamSid": "MZ1",
    }
    assert json.loads(out.dtmf("5")) == {
        "event": "dtmf",
        "sequenceNumber": "3",
        "dtmf": {"track": "inbound_track", "digit": "5"},
        "streamSid": "MZ1",
    }
    assert json.loads(out.mark("m")) == {
        "event": "mark",
        "sequenceNumber": "4",
        "mark": {"name": "m"},
        "streamSid": "MZ1",
    }
    assert json.loads(out.stop()) == {
        "event": "stop",
        "sequenceNumber": "5",
        "stop": {"accountSid": "AC1", "callSid": "CA1"},
        "streamSid": "MZ1",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"event":"media","streamSid":"MZ1","media":{"payload":"/38="}}', Media(b"\xff\x7f")),
        ('{"event":"mark","streamSid":"MZ1","mark":{"name":"m"}}', Mark("m")),
        ('{"event":"clear","streamSid":"MZ1"}', Clear()),
    ],
)
def test_what_a_server_may_send(text: str, message: object) -> None:
    assert parse(text, "MZ1") == message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ('{"event":"say","streamSid":"MZ1"}', "unknown event"),
        ('{"event":["media"],"streamSid":"MZ1"}', "unknown event"),
        ('{"event":"mark","streamSid":"MZ1"}', "missing field mark"),
        ('{"event":"mark","streamSid":"MZ1","mark":{}}', "missing field name"),
        ('{"event":"mark","streamSid":"MZ1","mark":{"name":7}}', "mark.name is not a string"),
        ('{"event":"media","streamSid":"MZ1","media":"/38="}', "media is not an object"),
        ('{"event":"media","streamSid":"MZ1","media":{"payload":"/38=","track":"outbound"}}', "extra field"),
        ('{"event":"media","streamSid":"MZ1","media":{"payload":"*"}}', "media.payload is not base64"),
        ('{"event":"clear","streamSid":"MZ1","x":1}', "extra field"),
        ('{"event":"clear","streamSid":"MZ2"}', "streamSid of another stream"),
    ],
)
def test_what_twilio_warns_of(text: str, problem: str) -> None:
    with pytest.raises(InvalidMessage, match=f"^{problem}$"):
        parse(text, "MZ1")
