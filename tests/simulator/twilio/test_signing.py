"""X-Twilio-Signature, against the SDK's validator and published vectors."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from simulator.twilio.signing import sign

pytestmark = pytest.mark.unit

PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


def test_form_post_has_the_signature_twilio_publishes() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, PUBLISHED) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_websocket_handshake_signs_the_url_alone() -> None:
    assert sign("12345", "wss://h.example.com/twilio/media") == "R785QwKaMmVmrpaeSckEcksUUno="


def test_fragment_is_not_signed() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url + "#rc=2&rp=ct", PUBLISHED) == sign("12345", url, PUBLISHED)


def test_blank_parameters_are_signed() -> None:
    params = {"To": "+18005551212", "ToZip": "", "ToCity": ""}
    validator = RequestValidator("12345")
    url = "https://mycompany.com/voice"
    assert validator.validate(url, params, sign("12345", url, params))
    assert not validator.validate(url, {"To": "+18005551212"}, sign("12345", url, params))
