"""Placing, ending and finding calls, against a real HTTP server that plays every fault."""

from __future__ import annotations

import socket
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import override_settings

from telephony.ended_reasons import ENDED_REASONS
from telephony.twilio import errors
from telephony.twilio.client import PlacedCall, RemoteCall, TwilioClient, twilio_client
from telephony.twilio.errors import TelephonyError
from tests.telephony.twilio.rest_server import (
    Play,
    RestServer,
    hangs,
    hangs_up,
    refuses,
    replies,
    replies_raw,
    resets,
    serving,
    stops_half_way,
)
from tests.telephony.twilio.tls import self_signed

pytestmark = pytest.mark.integration

ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "1" * 32
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
ONE_CALL = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json"
CALLEE = "+12025550123"
PATIENCE_S = 0.3


def client_of(base_url: str) -> TwilioClient:
    return TwilioClient(
        ACCOUNT, "secret", base_url=base_url, create_timeout_s=PATIENCE_S, timeout_s=PATIENCE_S
    )


def create(base_url: str) -> PlacedCall:
    return client_of(base_url).create_call(
        to=CALLEE,
        from_="+12025550100",
        voice_url="https://calls.example.com/twilio/voice?call=1",
        status_callback_url="https://calls.example.com/twilio/status?call=1",
        ring_timeout_s=45,
        time_limit_s=930,
    )


def refused_create(play: Play) -> tuple[TelephonyError, RestServer]:
    with serving(play) as server, pytest.raises(TelephonyError) as caught:
        create(server.url)
    return caught.value, server


def test_a_call_is_placed_with_every_parameter() -> None:
    with serving(replies(201, {"sid": CALL, "status": "queued"})) as server:
        assert create(server.url) == PlacedCall(sid=CALL, status="queued")
    [request] = server.received
    assert (request.method, request.path) == ("POST", CALLS)
    assert request.authorization == "Basic " + b64encode(f"{ACCOUNT}:secret".encode()).decode()
    assert sorted(request.form) == sorted(
        [
            ("To", CALLEE),
            ("From", "+12025550100"),
            ("Url", "https://calls.example.com/twilio/voice?call=1"),
            ("Method", "POST"),
            ("StatusCallback", "https://calls.example.com/twilio/status?call=1"),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", "45"),
            ("TimeLimit", "930"),
        ]
    )


def test_the_base_url_may_have_a_path() -> None:
    with serving(replies(201, {"sid": CALL, "status": "queued"})) as server:
        create(server.url + "/twilio/")
    assert server.received[0].path == "/twilio" + CALLS


def test_region_and_edge_of_the_environment_do_not_bend_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(replies(201, {"sid": CALL, "status": "queued"})) as server:
        assert create(server.url).sid == CALL


REFUSALS = [
    (400, 21211, "invalid_number", True),
    (400, 21214, "invalid_number", True),
    (400, 21217, "invalid_number", True),
    (400, 21219, "trial_number_unverified", True),
    (400, 21215, "geo_permission_denied", True),
    (403, 21215, "geo_permission_denied", True),
    (400, 21216, "carrier_rejected", True),
    (400, 21210, "error.twilio", True),
    (400, 21212, "error.twilio", True),
    (400, 21205, "error.twilio", True),
    (401, 20003, "error.twilio", True),
    (404, 20404, "error.twilio", True),
    (400, 10004, "carrier_rate_limited", False),
    (429, 20429, "carrier_rate_limited", False),
    (400, 99999, "error.twilio", True),
]


@pytest.mark.parametrize(("status", "twilio_code", "code", "permanent"), REFUSALS)
def test_a_refusal_is_told_in_a_sentence(status: int, twilio_code: int, code: str, permanent: bool) -> None:
    error, server = refused_create(refuses(status, twilio_code))
    assert (error.code, error.permanent, error.ambiguous) == (code, permanent, False)
    assert str(error).endswith(".")
    assert CALLEE not in repr(error) + str(error.__cause__)
    assert error.__suppress_context__
    assert len(server.received) == 1


def test_an_error_we_do_not_know_points_to_its_page() -> None:
    error, _ = refused_create(refuses(400, 99999))
    assert "https://www.twilio.com/docs/errors/99999" in str(error)


def test_a_problem_document_is_understood_too() -> None:
    body = {"type": "https://www.twilio.com/docs/errors/21219", "title": "No", "status": 400, "code": 21219}
    error, _ = refused_create(replies(400, body))
    assert error.code == "trial_number_unverified"


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [(401, "error.twilio", True), (429, "carrier_rate_limited", False), (302, "error.twilio", False)],
)
def test_a_refusal_without_a_body_is_known_by_its_status(status: int, code: str, permanent: bool) -> None:
    error, _ = refused_create(replies_raw(status, b"<html>no</html>"))
    assert (error.code, error.permanent, error.ambiguous) == (code, permanent, False)


MAYBE_PLACED = {
    "500": refuses(500, 20500),
    "503": refuses(503, 20503),
    "502 of a proxy": replies_raw(502, b"Bad gateway"),
    "no answer": hangs,
    "closed without an answer": hangs_up,
    "reset": resets,
    "half an answer": stops_half_way,
    "201 with garbage": replies_raw(201, b"\xff{]"),
    "201 with nothing": replies_raw(201, b""),
    "201 with a list": replies(201, [1]),
    "201 with null": replies(201, None),
    "201 without a sid": replies(201, {"status": "queued"}),
    "201 with a strange sid": replies(201, {"sid": "mock", "status": "queued"}),
    "201 without a status": replies(201, {"sid": CALL}),
}


@pytest.mark.parametrize("play", MAYBE_PLACED.values(), ids=MAYBE_PLACED.keys())
def test_a_call_that_may_have_been_placed_is_ambiguous_and_sent_once(play: Play) -> None:
    error, server = refused_create(play)
    assert error.ambiguous
    assert not error.permanent
    assert error.code == "error.twilio"
    assert len(server.received) == 1


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_refused_connection_is_not_ambiguous() -> None:
    with pytest.raises(TelephonyError) as caught:
        create(closed_port())
    assert (caught.value.ambiguous, caught.value.permanent) == (False, False)
    assert "TWILIO_API_BASE_URL" in str(caught.value)


def test_a_connection_that_never_opens_is_not_ambiguous() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # fill the backlog: the kernel then ignores whoever knocks
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        with pytest.raises(TelephonyError) as caught:
            create(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert not caught.value.ambiguous


def test_a_wrong_certificate_is_not_ambiguous(tmp_path: Path) -> None:
    with (
        serving(hangs, tls=self_signed(tmp_path / "cert.pem")) as server,
        pytest.raises(TelephonyError) as caught,
    ):
        create(server.url)
    assert not caught.value.ambiguous
    assert server.received == []


@pytest.mark.parametrize(
    ("method", "status"), [("end_call", "completed"), ("cancel_call", "canceled")], ids=["end", "cancel"]
)
def test_a_call_is_ended(method: str, status: str) -> None:
    with serving(replies(200, {"sid": CALL, "status": "completed"})) as server:
        getattr(client_of(server.url), method)(CALL)
    [request] = server.received
    assert (request.method, request.path, request.form) == ("POST", ONE_CALL, [("Status", status)])


@pytest.mark.parametrize("play", [refuses(400, 21220), refuses(404, 20404)], ids=["21220", "20404"])
def test_a_call_that_is_over_already_is_ended(play: Play) -> None:
    with serving(play) as server:
        client_of(server.url).end_call(CALL)
        client_of(server.url).cancel_call(CALL)
    assert len(server.received) == 2


NOT_ENDED = {
    "404 of something else": replies_raw(404, b"not here"),
    "401": refuses(401, 20003),
    "500": refuses(500, 20500),
    "no answer": hangs,
    "reset": resets,
    "garbage": replies_raw(200, b"}"),
}


@pytest.mark.parametrize("play", NOT_ENDED.values(), ids=NOT_ENDED.keys())
def test_a_call_that_was_not_ended_is_never_reported_as_ended(play: Play) -> None:
    with serving(play) as server, pytest.raises(TelephonyError) as caught:
        client_of(server.url).end_call(CALL)
    assert not caught.value.ambiguous


def test_a_call_is_fetched() -> None:
    body = {
        "sid": CALL,
        "status": "completed",
        "answered_by": None,
        "duration": "61",
        "date_created": "Tue, 31 Aug 2010 20:36:28 +0000",
    }
    with serving(replies(200, body)) as server:
        call = client_of(server.url).fetch_call(CALL)
    created_at = datetime(2010, 8, 31, 20, 36, 28, tzinfo=UTC)
    assert call == RemoteCall(CALL, "completed", answered_by=None, duration_s=61, created_at=created_at)
    assert (server.received[0].method, server.received[0].path) == ("GET", ONE_CALL)


@pytest.mark.parametrize(
    "body", [{}, {"sid": CALL}, {"sid": CALL, "status": "completed", "duration": "long"}, 7]
)
def test_a_call_that_cannot_be_read_is_an_error(body: object) -> None:
    with serving(replies(200, body)) as server, pytest.raises(TelephonyError):
        client_of(server.url).fetch_call(CALL)


def test_calls_are_found_by_their_numbers_and_the_time_they_were_created() -> None:
    before, at, after = ("CA" + digit * 32 for digit in "234")
    body = {
        "calls": [
            {"sid": after, "status": "queued", "date_created": "Tue, 31 Aug 2010 20:36:29 +0000"},
            {"sid": at, "status": "busy", "date_created": "Tue, 31 Aug 2010 20:36:28 +0000"},
            {"sid": before, "status": "completed", "date_created": "Tue, 31 Aug 2010 20:36:27 +0000"},
            {"sid": CALL, "status": "completed", "date_created": "yesterday"},
        ],
        "next_page_uri": None,
        "page": 0,
        "page_size": 50,
    }
    since = datetime(2010, 8, 31, 20, 36, 28, 900_000, tzinfo=UTC)
    with serving(replies(200, body)) as server:
        found = client_of(server.url).find_calls(to=CALLEE, from_="+12025550100", started_after=since)
    assert [call.sid for call in found] == [after, at]
    assert set(server.received[0].query) >= {("To", CALLEE), ("From", "+12025550100")}


@pytest.mark.parametrize(
    "play", [refuses(500, 20500), hangs, replies_raw(200, b"[")], ids=["500", "hang", "garbage"]
)
def test_not_being_able_to_look_is_not_the_same_as_finding_nothing(play: Play) -> None:
    with serving(play) as server, pytest.raises(TelephonyError) as caught:
        client_of(server.url).find_calls(to=CALLEE, from_="+12025550100", started_after=datetime.now(UTC))
    assert CALLEE not in repr(caught.value)


def test_one_client_serves_many_threads() -> None:
    with serving(replies(200, {"sid": CALL, "status": "ringing"})) as server, ThreadPoolExecutor(8) as pool:
        client = client_of(server.url)
        calls = list(pool.map(client.fetch_call, [CALL] * 40))
    assert {call.status for call in calls} == {"ringing"}
    assert len(server.received) == 40


def test_the_configured_client_is_made_once() -> None:
    with override_settings(TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN="secret"):
        assert twilio_client() is twilio_client()


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_missing_credentials_are_named(missing: str) -> None:
    with (
        override_settings(**({"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "secret"} | {missing: ""})),
        pytest.raises(TelephonyError, match=missing),
    ):
        twilio_client()


def test_every_error_has_a_reason_that_calls_know() -> None:
    codes = {meaning.code for meaning in (*errors._MEANINGS.values(), *errors._HTTP_MEANINGS.values())}
    assert codes <= set(ENDED_REASONS)
