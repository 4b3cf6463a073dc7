"""Twilio's signatures: the known values of its documentation, and the door they open."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from telephony.twilio.signature import is_signed, stream_url, twilio_signed, webhook_url

pytestmark = pytest.mark.unit

VOICE_BODY = (
    "Called=%2B491703330161&ToState=&CallerCountry=US&Direction=outbound-api&CallerState=CA&ToZip="
    "&CallSid=test-call-sid&To=%2B491703330161&CallerZip=&ToCountry=DE&CalledZip=&ApiVersion=2010-04-01"
    "&CalledCity=&CallStatus=in-progress&From=%2B16505055892&AccountSid=test-account-sid&CalledCountry=DE"
    "&CallerCity=&ToCity=&FromCountry=US&Caller=%2B16505055892&FromCity=&CalledState=&FromZip=&FromState=CA"
)
VOICE_SIGNATURE = "KOEOMoF/g4CsG6Eh3lIavri38Oc="

WITH_QUERY = {
    "url": "https://mycompany.com/myapp.php?foo=1&bar=2",
    "params": {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    },
    "signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    "token": "12345",
}
BLANK_FIELDS = {
    "url": "https://example.com/voice/webhook",
    "params": QueryDict(VOICE_BODY),
    "signature": VOICE_SIGNATURE,
    "token": "secret",
}
SOCKET = {
    "url": "wss://h.example.com/twilio/media",
    "params": {},
    "signature": "R785QwKaMmVmrpaeSckEcksUUno=",
    "token": "12345",
}
GOLDEN = pytest.mark.parametrize(
    "golden", [WITH_QUERY, BLANK_FIELDS, SOCKET], ids=["query", "blanks", "socket"]
)


@GOLDEN
def test_a_known_signature_is_accepted(golden: dict[str, object]) -> None:
    assert is_signed(**golden)  # type: ignore[arg-type]


@GOLDEN
@pytest.mark.parametrize(
    "change",
    [
        {"token": "other"},
        {"token": ""},
        {"signature": None},
        {"signature": ""},
        {"signature": "=" * 28},
        {"signature": "ü" * 28},
        {"url": "https://mycompany.com/myapp.php?bar=2&foo=1"},
        {"params": {"Digits": "1"}},
    ],
    ids=str,
)
def test_any_change_breaks_a_signature(golden: dict[str, object], change: dict[str, object]) -> None:
    assert not is_signed(**(golden | change))  # type: ignore[arg-type]


def test_blank_fields_are_part_of_what_is_signed() -> None:
    without_blanks = dict(parse_qsl(VOICE_BODY))
    assert not is_signed(**(BLANK_FIELDS | {"params": without_blanks}))  # type: ignore[arg-type]


def test_a_trailing_slash_is_another_url() -> None:
    assert not is_signed(**(SOCKET | {"url": "wss://h.example.com/twilio/media/"}))  # type: ignore[arg-type]


def test_an_empty_token_never_signs() -> None:
    signature = RequestValidator("").compute_signature("https://example.com/", {})
    assert not is_signed(url="https://example.com/", params={}, signature=signature, token="")


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_made_up_signature_is_refused_without_an_error(signature: str, params: dict[str, str]) -> None:
    assert not is_signed(url="https://example.com/voice", params=params, signature=signature, token="secret")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://calls.example.com", "wss://calls.example.com/twilio/media-stream"),
        ("https://calls.example.com:8443", "wss://calls.example.com:8443/twilio/media-stream"),
        ("http://127.0.0.1:3001", "ws://127.0.0.1:3001/twilio/media-stream"),
    ],
)
def test_socket_addresses_follow_the_media_base(base: str, expected: str) -> None:
    with override_settings(PUBLIC_BASE_URL="https://elsewhere.example.com", MEDIA_BASE_URL=base):
        assert stream_url("/twilio/media-stream") == expected
        assert webhook_url("/twilio/voice?call=1") == "https://elsewhere.example.com/twilio/voice?call=1"


def test_a_missing_address_is_named() -> None:
    with override_settings(PUBLIC_BASE_URL="", MEDIA_BASE_URL=""):
        with pytest.raises(ImproperlyConfigured, match="PUBLIC_BASE_URL"):
            webhook_url("/twilio/voice")
        with pytest.raises(ImproperlyConfigured, match="MEDIA_BASE_URL"):
            stream_url("/twilio/media-stream")


ACCOUNT = "AC" + "0" * 32
OURS = override_settings(
    PUBLIC_BASE_URL="https://calls.example.com", TWILIO_AUTH_TOKEN="secret", TWILIO_ACCOUNT_SID=ACCOUNT
)
FIELDS = {"AccountSid": ACCOUNT, "CallSid": "CA1", "ToZip": "", "CallStatus": "ringing"}


@twilio_signed
def hook(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def post(
    fields: dict[str, str], *, signed_as: str = "https://calls.example.com/twilio/status?call=7"
) -> HttpResponse:
    signature = RequestValidator("secret").compute_signature(signed_as, fields)
    request = RequestFactory().post(
        "/twilio/status?call=7",
        urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature, "Host": "attacker.example"},
    )
    with OURS:
        return hook(request)


def test_a_signed_post_is_let_in_whatever_the_host_header_says() -> None:
    assert post(FIELDS).content == b"in"


def test_a_post_signed_for_another_address_is_refused() -> None:
    response = post(FIELDS, signed_as="https://attacker.example/twilio/status?call=7")
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"] == "bad_signature"


@pytest.mark.parametrize("account", ["AC" + "1" * 32, ""])
def test_another_account_is_refused(account: str) -> None:
    response = post(FIELDS | {"AccountSid": account})
    assert (response.status_code, json.loads(response.content)["code"]) == (403, "other_account")


def test_an_unsigned_post_is_refused() -> None:
    with OURS:
        assert hook(RequestFactory().post("/twilio/status?call=7", FIELDS)).status_code == 403


def test_other_methods_are_refused() -> None:
    with OURS:
        response = hook(RequestFactory().get("/twilio/status"))
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_no_csrf_token_is_asked_for() -> None:
    assert getattr(hook, "csrf_exempt", False)
