"""Every error is application/problem+json and shows nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from tasks_app import problems
from tasks_app.parsers import MAX_BODY_BYTES
from tests.tasks_app.conftest import MakeTask, new_id, signed_in, with_key

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "instance"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body


def test_nobody(client: Any) -> None:
    answer = APIClient().get("/api/tasks")
    check(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_key() -> None:
    answer = APIClient().get("/api/tasks", HTTP_AUTHORIZATION="Bearer cc_wrong_key")
    check(answer, 401, "authentication_failed")


def test_a_page_of_another_site_with_our_cookie(alice: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    check(client.post("/api/tasks", {}, format="json"), 403, "permission_denied")


def test_a_missing_task(api: APIClient) -> None:
    path = f"/api/tasks/{new_id()}"
    body = check(api.get(path), 404, "not_found")
    assert body["instance"] == path
    assert body["title"] == "Not Found"


def test_a_wrong_method(api: APIClient) -> None:
    answer = api.put("/api/tasks", {}, format="json")
    check(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "parse_error"),
        (b"\xff", "parse_error"),
        (b'{"objective": NaN}', "parse_error"),
        (b'{"\\ud800": 1}', "parse_error"),
        (b'{"style": "\\udfff"}', "parse_error"),
        (b"[" * 200_000, "parse_error"),
        (b"[]", "invalid"),
        (b'"text"', "invalid"),
        (b"null", "invalid"),
    ],
)
def test_a_body_that_is_no_task(api: APIClient, body: bytes, code: str) -> None:
    problem = check(api.post("/api/tasks", body, content_type="application/json"), 400, code)
    if code == "invalid":
        assert problem["detail"] == "Some fields need a correction: the body as a whole."


def test_a_huge_body(api: APIClient) -> None:
    body = b'{"objective": "' + b"x" * MAX_BODY_BYTES + b'"}'
    check(api.post("/api/tasks", body, content_type="application/json"), 413, "content_too_large")


MANY_FIELDS = "&".join(f"field{number}=1" for number in range(2000))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(MANY_FIELDS, "application/x-www-form-urlencoded"), ("x", "multipart/form-data; boundary=")],
)
@pytest.mark.parametrize("path", ["/twilio/voice", "/sign-in/"])
def test_a_form_that_cannot_be_read(
    settings: Settings, caplog: pytest.LogCaptureFixture, path: str, body: str, content_type: str
) -> None:
    settings.PUBLIC_BASE_URL = "https://calls.example.com"
    client = APIClient(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32  # with it, the form is searched for its token
    answer = client.generic("POST", path, body, content_type)
    if path == "/sign-in/":
        assert (answer.status_code, answer["Content-Type"][:9]) == (400, "text/html")
    else:
        check(answer, 400, "parse_error")
    assert not caplog.records


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_that_no_middleware_holds(
    alice: User, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    """Behind another server than ours, which refuses it first."""
    body = b'"' + b"x" * 3_000_000 + b'"'
    client = with_key(alice)
    client.raise_request_exception = False
    answer = client.post("/api/tasks", body, content_type="application/json", headers=headers)
    check(answer, 400, "parse_error")
    assert not caplog.records


def test_another_host() -> None:
    check(APIClient().get("/api/tasks", headers={"Host": "evil.example"}), 400, "host_refused")


def test_another_kind_of_body(api: APIClient) -> None:
    answer = api.post("/api/tasks", b"objective=x", content_type="application/x-www-form-urlencoded")
    check(answer, 415, "unsupported_media_type")


def test_any_accept_header_gets_json(api: APIClient) -> None:
    assert api.get("/api/tasks", HTTP_ACCEPT="text/html")["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/schema", "/api/docs"])
def test_where_no_json_is_made_a_problem_is_json(api: APIClient, path: str) -> None:
    wrong_key = {"Authorization": "Bearer cc_wrong_key"}
    check(APIClient().get(path, headers=wrong_key), 401, "authentication_failed")
    check(api.get(path, headers={"Accept": "image/png"}), 406, "not_acceptable")


def test_a_failure_inside_is_a_500_without_a_word_of_it(
    alice: Any, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("the inside")

    monkeypatch.setattr("tasks_app.selectors.task_list", fail)
    client = signed_in(alice)
    client.raise_request_exception = False
    answer = client.get("/api/tasks")
    check(answer, 500, "server_error")
    assert b"inside" not in answer.content
    assert "GET /api/tasks failed" in caplog.text


def test_what_no_route_matches_is_a_problem_in_the_api_and_a_page_elsewhere() -> None:
    ask = RequestFactory().get
    check(json_of(problems.not_found(ask("/api/nothing"), Http404())), 404, "not_found")
    check(json_of(problems.server_error(ask("/api/tasks"))), 500, "server_error")
    for page in (problems.not_found(ask("/nothing"), Http404()), problems.server_error(ask("/"))):
        assert page["Content-Type"].startswith("text/html")


def json_of(response: Any) -> Any:
    """Give a bare response the `json()` that the test client's answers have."""
    response.json = lambda: json.loads(response.content)
    return response
