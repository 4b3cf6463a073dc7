"""What is read from an account's own pages, against a server that answers like Twilio."""

from __future__ import annotations

import pytest

from telephony.twilio.account import Account, Caller, caller_kind, fetch_account
from telephony.twilio.errors import TelephonyError
from tests.telephony.twilio.rest_server import Exchange, hangs, refuses, replies, serving

pytestmark = pytest.mark.integration

ACCOUNT = "AC" + "0" * 32
NUMBER = "+12025550142"


def account(url: str) -> Account:
    return fetch_account(ACCOUNT, "secret", base_url=url, timeout_s=0.3)


def caller(url: str) -> Caller:
    return caller_kind(ACCOUNT, "secret", NUMBER, base_url=url, timeout_s=0.3)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("active", "Full", Account("active", is_trial=False)),
        ("active", "Trial", Account("active", is_trial=True)),
        ("suspended", "Full", Account("suspended", is_trial=False)),
    ],
)
def test_an_account(status: str, kind: str, expected: Account) -> None:
    with serving(replies(200, {"sid": ACCOUNT, "status": status, "type": kind})) as server:
        assert account(server.url) == expected
    assert [request.path for request in server.received] == [f"/2010-04-01/Accounts/{ACCOUNT}.json"]


def test_wrong_credentials_and_no_answer() -> None:
    with serving(refuses(401, 20003)) as server, pytest.raises(TelephonyError, match="TWILIO_AUTH_TOKEN"):
        account(server.url)
    with serving(hangs) as server, pytest.raises(TelephonyError, match="did not answer"):
        caller(server.url)


@pytest.mark.parametrize(
    ("owned", "verified", "expected"),
    [
        ([{"capabilities": {"voice": True, "sms": False}}], [], Caller.OWNED),
        ([{"capabilities": {"voice": False, "sms": True}}], [], Caller.CANNOT_CALL),
        ([], [{"phone_number": NUMBER}], Caller.VERIFIED),
        ([], [], Caller.UNKNOWN),
    ],
)
def test_a_number_to_call_from(owned: list[object], verified: list[object], expected: Caller) -> None:
    def play(exchange: Exchange) -> None:
        wanted = "IncomingPhoneNumbers" in exchange.path
        rows = {"incoming_phone_numbers": owned} if wanted else {"outgoing_caller_ids": verified}
        replies(200, {**rows, "page_size": 1, "uri": exchange.path})(exchange)

    with serving(play) as server:
        assert caller(server.url) is expected
    assert all(("PhoneNumber", NUMBER) in request.query for request in server.received)
