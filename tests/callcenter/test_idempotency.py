"""A POST with an Idempotency-Key is carried out once, also when it is repeated at the same moment."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from callcenter.models import IDEMPOTENCY_LIFETIME, UNANSWERED_LIFETIME, ApiKey, IdempotencyKey

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.callcenter.test_idempotency"),
]


class Work:
    """What the view does: counts, and waits when it is told to."""

    def __init__(self) -> None:
        self.done = 0
        self.status = 201
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()


work = Work()


@csrf_exempt
def view(request: HttpRequest) -> HttpResponse:
    work.done += 1
    work.began.set()
    assert work.may_end.wait(10)
    return JsonResponse({"n": work.done}, status=work.status, headers={"Location": "/x", "X-Other": "y"})


urlpatterns = [path("api/things", view), path("other", view)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    work.__init__()  # type: ignore[misc]
    yield
    work.may_end.set()


@pytest.fixture
def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiKey.issue(owner=User.objects.create(username='a'), name='k')[1]}"}


def post(headers: dict[str, str], body: str = "{}", path: str = "/api/things", key: str = "k1") -> Any:
    return Client().post(
        path, body, content_type="application/json", headers={"Idempotency-Key": key, **headers}
    )


def post_in_a_thread(headers: dict[str, str]) -> Any:
    """`post` for a thread of its own, which gives its database connection back."""
    try:
        return post(headers)
    finally:
        connection.close()


def test_the_same_request_gets_the_same_answer(bearer: dict[str, str]) -> None:
    first, second = post(bearer), post(bearer)
    assert (first.status_code, first.json()) == (201, {"n": 1})
    assert (second.status_code, second.json(), second["Location"]) == (201, {"n": 1}, "/x")
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["Content-Type"] == "application/json"


def test_another_key_is_another_request(bearer: dict[str, str]) -> None:
    assert [post(bearer, key=key).json()["n"] for key in ("a", "b")] == [1, 2]


@pytest.mark.parametrize("change", [{"body": '{"x": 1}'}, {"path": "/api/things?x=1"}])
def test_a_key_for_another_request_is_refused(bearer: dict[str, str], change: dict[str, str]) -> None:
    post(bearer)
    refused = post(bearer, **change)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert refused["Content-Type"] == "application/problem+json"
    assert work.done == 1


def test_nobody_gets_another_ones_answer(bearer: dict[str, str]) -> None:
    post(bearer)
    mallory = {
        "Authorization": f"Bearer {ApiKey.issue(owner=User.objects.create(username='m'), name='k')[1]}"
    }
    assert post(mallory).json() == {"n": 2}
    forged = {"Authorization": bearer["Authorization"][:-4] + "aaaa"}
    assert "Idempotent-Replayed" not in post(forged)


def test_sessions_have_their_keys_too() -> None:
    client = Client()
    client.force_login(User.objects.create(username="s"))
    headers = {"Idempotency-Key": "k1"}
    answers = [client.post("/api/things", "{}", "application/json", headers=headers) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"n": 1}, {"n": 1}]


def test_a_failure_of_ours_may_be_tried_again(bearer: dict[str, str]) -> None:
    work.status = 503
    post(bearer)
    work.status = 201
    assert post(bearer).json() == {"n": 2}


def test_a_refusal_is_remembered(bearer: dict[str, str]) -> None:
    work.status = 409
    assert [post(bearer).status_code for _ in range(2)] == [409, 409]
    assert work.done == 1


def test_it_is_forgotten_after_a_day(bearer: dict[str, str]) -> None:
    post(bearer)
    IdempotencyKey.objects.update(created_at=timezone.now() - IDEMPOTENCY_LIFETIME - timedelta(seconds=1))
    assert post(bearer).json() == {"n": 2}


def test_a_request_that_died_with_its_process_may_be_repeated_after_a_minute(bearer: dict[str, str]) -> None:
    post(bearer)
    answered = IdempotencyKey.objects.all()
    answered.update(status=None)  # as if the process had been killed before it answered
    assert post(bearer).json()["code"] == "idempotency_in_progress"
    answered.update(created_at=timezone.now() - UNANSWERED_LIFETIME - timedelta(seconds=1))
    assert post(bearer).json() == {"n": 2}
    answered.update(created_at=timezone.now() - UNANSWERED_LIFETIME - timedelta(seconds=1))
    assert post(bearer)["Idempotent-Replayed"] == "true"


def test_elsewhere_and_without_the_header_nothing_is_kept(bearer: dict[str, str]) -> None:
    post(bearer, path="/other")
    Client().post("/api/things", "{}", content_type="application/json", headers=bearer)
    post({})
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["", "   ", "k" * 256])
def test_a_key_that_is_none_is_refused(bearer: dict[str, str], key: str) -> None:
    refused = post(bearer, key=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_invalid")


def test_a_repetition_while_the_first_runs_is_told_so(bearer: dict[str, str]) -> None:
    work.may_end.clear()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(post_in_a_thread, bearer)
        assert work.began.wait(10)
        second = post(bearer)
        work.may_end.set()
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_progress")
    assert first.result().json() == {"n": 1}


def test_of_many_at_once_one_is_carried_out(bearer: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(post_in_a_thread, bearer) for _ in range(8)]]
    assert work.done == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert next(answer.json() for answer in answers if answer.status_code == 201) == {"n": 1}


async def test_a_client_that_leaves_finds_its_answer_later(bearer: dict[str, str]) -> None:
    work.may_end.clear()
    headers = [
        (b"host", b"testserver"),
        (b"idempotency-key", b"k1"),
        (b"authorization", bearer["Authorization"].encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/things",
        "query_string": b"",
        "headers": [*headers, (b"content-type", b"application/json")],
    }
    impatient: Any = ApplicationCommunicator(get_asgi_application(), scope)  # type: ignore[no-untyped-call]
    await impatient.send_input({"type": "http.request", "body": b"{}"})
    assert await asyncio.to_thread(work.began.wait, 10)
    await impatient.send_input({"type": "http.disconnect"})
    work.may_end.set()
    await impatient.wait(10)
    again = await asyncio.to_thread(post_in_a_thread, bearer)
    assert json.loads(again.content) == {"n": 1}
    assert again["Idempotent-Replayed"] == "true"
    assert work.done == 1
