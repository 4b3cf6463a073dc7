"""Times every HTTP request by the name of its route: paths hold ids, and sometimes secrets, and are not recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from telemetry.record import timed_step

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@sync_and_async_middleware
def http_telemetry(get_response: Handler | AsyncHandler) -> Handler | AsyncHandler:
    """The middleware. It stands first, so that it times the others too."""
    if iscoroutinefunction(get_response):
        answer_async = cast(AsyncHandler, get_response)

        async def middleware_async(request: HttpRequest) -> HttpResponseBase:
            with _timed(request) as step:
                response = await answer_async(request)
                _answered(step, response)
            return response

        return middleware_async

    answer = cast(Handler, get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with _timed(request) as step:
            response = answer(request)
            _answered(step, response)
        return response

    return middleware


@contextmanager
def _timed(request: HttpRequest) -> Iterator[timed_step]:
    """A client that leaves cancels its request, also beneath synchronous middleware: then nobody has failed."""
    left = None
    with timed_step("http", "unmatched") as step:
        try:
            yield step
        except asyncio.CancelledError as error:
            step.fields["client_left"] = True
            left = error
        finally:
            _asked(step, request)
    if left is not None:
        raise left


def _asked(step: timed_step, request: HttpRequest) -> None:
    """The route that was found, and whose task or call it is about."""
    step.fields["method"] = request.method if request.method in METHODS else "other"
    match = request.resolver_match
    if match is None:
        if request.path.startswith(str(settings.STATIC_URL)):
            step.action = "static"
        return
    step.action = (match.view_name or match.route).strip("/")
    for name, parameter in (("task_id", "task_id"), ("session_id", "call_id")):
        if parameter in match.kwargs:
            step.fields[name] = str(match.kwargs[parameter])


def _answered(step: timed_step, response: HttpResponseBase) -> None:
    """A client's mistake is no failure of ours."""
    step.fields["status"] = response.status_code
    if response.status_code >= 500:
        step.ok = False
        step.error = f"status_{response.status_code}"
