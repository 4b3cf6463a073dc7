"""How a program proves who it is over HTTP: `Authorization: Bearer <API key>`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from callcenter.models import ApiKey

REALM = 'Bearer realm="callcenter"'


def bearer(authorization: str) -> str | None:
    """The key in an `Authorization` header's value; None when it names another scheme or nothing."""
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


class ApiKeyAuthentication(BaseAuthentication):
    """`request.user` is the key's owner and `request.auth` the ApiKey."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        text = bearer(request.headers.get("Authorization", ""))
        if text is None:
            return None
        key = ApiKey.find(text)
        if key is None:
            raise AuthenticationFailed("This API key is unknown or was revoked.")
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return REALM


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI document about the key."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The API key, as in DATA_ROOT/api-key."}
