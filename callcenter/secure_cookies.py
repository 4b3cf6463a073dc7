"""Cookies that never travel in the clear, for pages opened by the public https address.

In production every cookie is such a one. An embedded server is opened by http://127.0.0.1 as well, where browsers would
not send them: there it depends on the host that is asked for. That a client may write any host harms only itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def secure_cookies(get_response: Handler | AsyncHandler) -> Handler | AsyncHandler:
    """The middleware. It stands before those that set cookies."""
    if iscoroutinefunction(get_response):
        answer_async = cast(AsyncHandler, get_response)

        async def middleware_async(request: HttpRequest) -> HttpResponseBase:
            return _secured(request, await answer_async(request))

        return middleware_async

    answer = cast(Handler, get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _secured(request, answer(request))

    return middleware


def _secured(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    public = urlsplit(settings.PUBLIC_BASE_URL)
    if public.scheme == "https" and request.headers.get("Host", "").lower() == public.netloc.lower():
        for cookie in response.cookies.values():
            cookie["secure"] = True
    return response
