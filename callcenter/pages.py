"""Signing in and out, and the front door."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from callcenter.models import SignInLink


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
