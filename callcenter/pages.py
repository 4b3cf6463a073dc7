"""Signing in and out, the front door, and the description of the API."""

from __future__ import annotations

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from drf_spectacular.views import SpectacularSwaggerSplitView

from callcenter.models import SignInLink

# Swagger's own code sets styles inline; its scripts are files.
_swagger = csp_update({"style-src": UNSAFE_INLINE})(
    SpectacularSwaggerSplitView.as_view(url_name="api-schema")
)


@never_cache
@require_GET
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in whom the link belongs to. It works once."""
    user = SignInLink.redeem(token)
    if user is None:
        return render(request, "registration/login.html", {"dead_link": True}, status=410)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where a person lands after signing in."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    return redirect("tasks")


def api_docs(request: HttpRequest) -> HttpResponseBase:
    """Swagger. People are led to sign in first; programs have a key, and are told when it is wrong."""
    if not request.user.is_authenticated and "Authorization" not in request.headers:
        return redirect_to_login(request.get_full_path())
    return _swagger(request)
