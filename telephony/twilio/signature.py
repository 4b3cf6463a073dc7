"""Was this request made by Twilio? ("Security: validating requests are coming from Twilio")

The signature covers the URL exactly as Twilio requested it, so URLs are built from the configured public
address and never from request headers, which a proxy rewrites and a stranger chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator

HEADER: Final = "X-Twilio-Signature"

P = ParamSpec("P")


def is_signed(*, url: str, params: Mapping[str, str] | QueryDict, signature: str | None, token: str) -> bool:
    """Did the holder of `token` (the account's auth token) sign this request?

    `url` is the address Twilio was given, with its query; `params` are the form fields with the blank ones
    kept (none for GET and for WebSocket handshakes); `signature` is the header, None when it is absent.
    """
    if not signature or not token:  # an empty token would make a signature anybody can compute
        return False
    return bool(RequestValidator(token).validate(url, params, signature))


def webhook_url(path_with_query: str) -> str:
    """The public address of one of our webhooks. `path_with_query` begins with a slash."""
    return _base("PUBLIC_BASE_URL") + path_with_query


def stream_url(path: str) -> str:
    """The public address of one of our sockets: wss for https, ws for http. `path` begins with a slash."""
    return "ws" + _base("MEDIA_BASE_URL").removeprefix("http") + path


def twilio_signed(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse], /
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only POSTs through that Twilio signed and that are about our account. They carry no CSRF token."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            response = _problem(405, "method_not_allowed", "Twilio's webhooks are POST requests.")
            response["Allow"] = "POST"
            return response
        configured = bool(
            settings.PUBLIC_BASE_URL
        )  # without an address of ours nobody can have signed for it
        signed = configured and is_signed(
            url=webhook_url(request.get_full_path_info()),
            params=request.POST,
            signature=request.headers.get(HEADER),
            token=settings.TWILIO_AUTH_TOKEN,
        )
        if not signed:
            return _problem(403, "bad_signature", "The request is not signed by this account's auth token.")
        if request.POST.getlist("AccountSid") != [settings.TWILIO_ACCOUNT_SID]:
            return _problem(403, "other_account", "The request is about another Twilio account.")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _base(name: str) -> str:
    base: str = getattr(settings, name)
    if not base:
        raise ImproperlyConfigured(
            f"{name} must be set: it is the address at which Twilio reaches this server."
        )
    return base


def _problem(status: int, code: str, detail: str) -> JsonResponse:
    """An RFC 9457 answer."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
