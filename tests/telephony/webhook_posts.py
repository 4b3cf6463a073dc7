"""Twilio's webhooks as Twilio sends them: signed forms, blank fields included."""

from __future__ import annotations

from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from tests.telephony.rows import SID

BASE = "https://phone.example.com"
ACCOUNT = "AC" + "2" * 32
TOKEN = "t0ken"

_client = Client()  # one for all: to set its middleware up takes longer than a request


def use_account(settings: Settings) -> None:
    """Configure the account and the address that these webhooks are about."""
    settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = BASE
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN


def post(path: str, call_id: object, *, sign_for: str | None = None, **fields: str) -> HttpResponse:
    """A request to `path` about a call. `sign_for`: the URL that is signed instead of ours."""
    url = f"{path}?call={call_id}"
    form = {"AccountSid": ACCOUNT, "CallSid": SID, "ToZip": "", "FromCity": "", **fields}
    signature = RequestValidator(TOKEN).compute_signature(sign_for or BASE + url, form)
    answer: HttpResponse = _client.post(url, form, headers={"X-Twilio-Signature": signature})  # type: ignore[assignment]
    return answer
