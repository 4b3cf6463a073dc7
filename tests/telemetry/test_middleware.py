"""Every request is recorded by its route's name, and by nothing that it was asked for."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any, cast

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from telemetry.middleware import AsyncHandler, http_telemetry
from tests.telemetry.conftest import with_key
from tests.telemetry.events import lines_of

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SCOPE = {"type": "http", "method": "GET", "query_string": b"", "headers": [(b"host", b"localhost")]}


def requests_of(path: Path) -> list[dict[str, Any]]:
    return [line for line in lines_of(path) if line["component"] == "http"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_request_is_named_by_its_route_and_its_task(alice: User, events_file: Path, slash: str) -> None:
    task_id = str(uuid.uuid4())
    assert with_key(alice).get(f"/api/tasks/{task_id}{slash}?secret=1").status_code == 404
    [line] = requests_of(events_file)
    assert (line["action"], line["method"], line["status"], line["task_id"]) == (
        "task-detail",
        "GET",
        404,
        task_id,
    )
    assert line["ok"] is True
    assert line["duration_ms"] > 0
    assert "secret" not in events_file.read_text()
    assert "/api/" not in events_file.read_text()


def test_a_call_is_named_too(alice: User, events_file: Path) -> None:
    call_id = str(uuid.uuid4())
    with_key(alice).get(f"/api/calls/{call_id}")
    [line] = requests_of(events_file)
    assert (line["action"], line["session_id"]) == ("call-detail", call_id)


def test_paths_and_methods_that_nobody_serves_have_no_names(client: Client, events_file: Path) -> None:
    client.get("/wp-login.php")
    client.generic("BREW", "/health")
    unmatched, odd = requests_of(events_file)
    assert (unmatched["action"], unmatched["status"]) == ("unmatched", 404)
    assert (odd["action"], odd["method"]) == ("health", "other")
    assert "wp-login" not in events_file.read_text()


async def test_asynchronous_requests_are_timed(events_file: Path) -> None:
    response = await AsyncClient().get("/health")
    assert response.status_code == 200
    [line] = requests_of(events_file)
    assert (line["action"], line["status"], line["error"]) == ("health", 200, None)


async def test_an_asynchronous_chain_stays_asynchronous(events_file: Path) -> None:
    async def answer(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(status=503)

    response = await http_telemetry(answer)(RequestFactory().get("/"))  # type: ignore[misc]
    assert response.status_code == 503
    [line] = requests_of(events_file)
    assert (line["ok"], line["error"], line["status"]) == (False, "status_503", 503)


def test_an_exception_is_recorded_and_goes_on(events_file: Path) -> None:
    def answer(request: HttpRequest) -> HttpResponseBase:
        raise ValueError("2025550123")

    with pytest.raises(ValueError, match="2025550123"):
        http_telemetry(answer)(RequestFactory().post("/"))
    [line] = requests_of(events_file)
    assert (line["ok"], line["error"], line["method"]) == (False, "ValueError", "POST")


async def test_a_client_that_leaves_is_no_failure(events_file: Path) -> None:
    begun = asyncio.Event()

    async def endless(request: HttpRequest) -> HttpResponseBase:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    answer = cast(AsyncHandler, http_telemetry(endless))

    async def ask() -> None:
        await answer(RequestFactory().get("/health"))

    asking = asyncio.create_task(ask())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    [line] = requests_of(events_file)
    assert (line["ok"], line["client_left"]) == (True, True)


async def test_nor_is_one_that_leaves_the_whole_chain(events_file: Path, settings: Settings) -> None:
    begun = asyncio.Event()

    async def endless(request: HttpRequest) -> HttpResponseBase:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    settings.ROOT_URLCONF = (path("endless", endless, name="endless"),)
    scope = {**SCOPE, "path": "/endless"}
    client: Any = ApplicationCommunicator(ASGIHandler(), scope)  # type: ignore[no-untyped-call]
    await client.send_input({"type": "http.request"})
    await begun.wait()
    await client.send_input({"type": "http.disconnect"})
    await client.wait()
    [line] = requests_of(events_file)
    assert (line["action"], line["ok"], line["client_left"]) == ("endless", True, True)
