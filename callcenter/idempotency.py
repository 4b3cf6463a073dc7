"""Requests that may be repeated: a POST with an `Idempotency-Key` is carried out once.

The stored answer is given again for 24 hours. An answer of 5xx or 429 is not stored: the client may try again.
A request that died with its process is forgotten after a minute.
Follows the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from callcenter.auth import bearer
from callcenter.models import IDEMPOTENCY_LIFETIME, UNANSWERED_LIFETIME, ApiKey, IdempotencyKey
from tasks_app.problems import CONTENT_TYPE, problem

KEPT_HEADERS = ("Content-Type", "Location")
MAX_KEY_LENGTH = 255

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def idempotency(get_response: Handler | AsyncHandler) -> Handler | AsyncHandler:
    """The middleware. It stands last, because it needs the session's user."""
    if iscoroutinefunction(get_response):
        answer_async = cast(AsyncHandler, get_response)

        async def answer_once(request: HttpRequest) -> HttpResponseBase:
            claim = await sync_to_async(_claim)(request)
            if isinstance(claim, HttpResponse):
                return claim
            response = await answer_async(request)
            await sync_to_async(claim.settle)(response)
            return response

        async def middleware_async(request: HttpRequest) -> HttpResponseBase:
            if not _applies(request):
                return await answer_async(request)
            work = asyncio.ensure_future(answer_once(request))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await work  # the client left, and will repeat the request: its answer must be there
                raise

        return middleware_async

    answer = cast(Handler, get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not _applies(request):
            return answer(request)
        claim = _claim(request)
        if isinstance(claim, HttpResponse):
            return claim
        response = answer(request)
        claim.settle(response)
        return response

    return middleware


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to carry a request out; None for a request from nobody, which is not remembered."""

    row_id: int | None

    def settle(self, response: HttpResponseBase) -> None:
        """Store the answer, or forget the request when it failed on our side, came too soon, or streams."""
        if self.row_id is None:
            return
        row = IdempotencyKey.objects.filter(pk=self.row_id)
        may_be_repeated = response.status_code >= 500 or response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        if may_be_repeated or not isinstance(response, HttpResponse):
            row.delete()
        else:
            headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            row.update(status=response.status_code, headers=headers, body=response.content)


def _applies(request: HttpRequest) -> bool:
    return (
        request.method == "POST" and "Idempotency-Key" in request.headers and request.path.startswith("/api/")
    )


def _claim(request: HttpRequest) -> _Claim | HttpResponse:
    """Take the key for this request, or answer at once: with the stored answer, or with what is wrong."""
    credential = _credential(request)
    if credential is None:
        return _Claim(None)
    key = request.headers["Idempotency-Key"].strip()
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        return _problem(
            request,
            400,
            "idempotency_key_invalid",
            f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters.",
        )
    fingerprint = hashlib.sha256(
        b"\0".join((request.method.encode(), request.get_full_path().encode(), request.body))  # type: ignore[union-attr]
    ).hexdigest()
    _forget_old()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(credential=credential, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return _repeated(request, credential, key, fingerprint)
    return _Claim(row.pk)


def _forget_old() -> None:
    now = timezone.now()
    answered = Q(created_at__lt=now - IDEMPOTENCY_LIFETIME)
    unanswered = Q(created_at__lt=now - UNANSWERED_LIFETIME, status=None)
    IdempotencyKey.objects.filter(answered | unanswered).delete()


def _repeated(request: HttpRequest, credential: str, key: str, fingerprint: str) -> HttpResponse:
    earlier = IdempotencyKey.objects.filter(credential=credential, key=key).first()
    if earlier is None or (earlier.fingerprint == fingerprint and earlier.status is None):
        detail = "The first request with this key is not answered yet. Repeat this one in a minute."
        return _problem(request, 409, "idempotency_in_progress", detail)
    if earlier.fingerprint != fingerprint:
        return _problem(
            request,
            422,
            "idempotency_key_reused",
            "This key came with another request before. Send a new one.",
        )
    assert earlier.status is not None
    response = HttpResponse(bytes(earlier.body), status=earlier.status, headers=earlier.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _credential(request: HttpRequest) -> str | None:
    """Who asks, proven: nobody may read another's stored answer."""
    text = bearer(request.headers.get("Authorization", ""))
    if text is not None:
        key = ApiKey.find(text)
        return f"key:{key.pk}" if key else None
    return f"user:{request.user.pk}" if request.user.is_authenticated else None


def _problem(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    body = problem(status=status, code=code, detail=detail, instance=request.path)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
