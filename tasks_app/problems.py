"""Every error of the API as `application/problem+json` (RFC 9457): `code` for programs, `errors` by field.

No error shows a traceback, a value that was sent, or the name of anything inside.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views import defaults
from rest_framework import exceptions, views
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from tasks_app.refusals import Refusal

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
FieldErrors = dict[str, list[dict[str, str]]]

_SERVER_ERROR = "Something failed on this server. It is in its log; try again."
_NOT_FOUND = "There is nothing here."
_UNREADABLE = "The request cannot be read: it is malformed, too large, or has too many fields."
_OTHER_HOST = "This server does not go by the name in the Host header. Add it to ALLOWED_HOSTS if it should."


def problem(*, status: int, code: str, detail: str, instance: str, **more: Any) -> dict[str, Any]:
    """The members of a problem; `more` are extension members."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
        **more,
    }


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response:
    """Django REST framework's hook (EXCEPTION_HANDLER) for whatever a view raises."""
    path = context["request"].path
    context[
        "request"
    ].accepted_renderer = JSONRenderer()  # a problem is JSON also where a page or YAML was asked for
    context["request"].accepted_media_type = JSONRenderer.media_type
    if isinstance(exception, Refusal):
        views.set_rollback()
        return _refused(exception, path)
    if isinstance(exception, Http404):
        exception = exceptions.NotFound(_NOT_FOUND)
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    elif isinstance(exception, SuspiciousOperation | MultiPartParserError):
        exception = exceptions.ParseError(_UNREADABLE)
    elif not isinstance(exception, exceptions.APIException):
        return _failed(exception, context)
    response = views.exception_handler(exception, context)  # for its headers
    assert response is not None
    response.data = _api_problem(exception, path)
    response.content_type = CONTENT_TYPE
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`, for what cannot be read: a problem under /api/ and /twilio/, a page elsewhere."""
    if not (_is_api(request) or request.path.startswith("/twilio/")):
        return defaults.bad_request(request, exception)
    code, detail = "parse_error", _UNREADABLE
    if isinstance(exception, DisallowedHost):
        code, detail = "host_refused", _OTHER_HOST
    body = problem(status=400, code=code, detail=detail, instance=request.path)
    return JsonResponse(body, status=400, content_type=CONTENT_TYPE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`: a problem under /api/, a page elsewhere."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    body = problem(status=404, code="not_found", detail=_NOT_FOUND, instance=request.path)
    return JsonResponse(body, status=404, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`, for what fails outside the API's views: a problem under /api/, a page elsewhere."""
    if not _is_api(request):
        return defaults.server_error(request)
    body = problem(status=500, code="server_error", detail=_SERVER_ERROR, instance=request.path)
    return JsonResponse(body, status=500, content_type=CONTENT_TYPE)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _refused(refusal: Refusal, path: str) -> Response:
    more: dict[str, Any] = {"ok": False}
    if refusal.session_id is not None:
        more["session_id"] = str(refusal.session_id)
    body = problem(status=refusal.status, code=refusal.code, detail=str(refusal), instance=path, **more)
    headers = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s else None
    return Response(body, status=refusal.status, headers=headers, content_type=CONTENT_TYPE)


def _failed(exception: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]
    views.set_rollback()
    got_request_exception.send(sender=type(context.get("view")), request=request)
    logger.error("%s %s failed", request.method, request.path, exc_info=exception)
    body = problem(status=500, code="server_error", detail=_SERVER_ERROR, instance=request.path)
    return Response(body, status=500, content_type=CONTENT_TYPE)


def _api_problem(exception: exceptions.APIException, path: str) -> dict[str, Any]:
    status = exception.status_code
    if isinstance(exception, exceptions.ValidationError):
        errors = _by_field(exception.get_full_details())
        names = ", ".join(name or "the body as a whole" for name in errors)
        detail = f"Some fields need a correction: {names}."
        return problem(status=status, code="invalid", detail=detail, instance=path, errors=errors)
    return problem(
        status=status, code=str(exception.get_codes()), detail=str(exception.detail), instance=path
    )


def _is_error(details: Any) -> bool:
    return isinstance(details, dict) and isinstance(details.get("code"), str) and "message" in details


def _by_field(details: Any, prefix: str = "") -> FieldErrors:
    """Flatten the framework's nested details to `{"field": [{"code", "message"}]}`; "" is the body as a whole."""
    if _is_error(details):
        details = [details]
    if isinstance(details, list):
        if all(_is_error(item) for item in details):
            return {prefix: [{"code": item["code"], "message": str(item["message"])} for item in details]}
        details = dict(enumerate(details))
    found: FieldErrors = {}
    for name, value in details.items():
        field = "" if name == "non_field_errors" else str(name)
        found |= _by_field(value, f"{prefix}.{field}" if prefix else field)
    return found
