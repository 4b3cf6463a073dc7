"""The session of a page opened over https never travels without it; on the machine itself people sign in too."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from callcenter.models import SignInLink

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://calls.example.com"
    settings.ALLOWED_HOSTS = ["calls.example.com", "127.0.0.1"]


def cookies_of(host: str) -> dict[str, bool]:
    """Which cookies a browser gets on the way in, and whether each is Secure."""
    client = Client(headers={"Host": host})
    client.get("/sign-in/")
    link = SignInLink.issue(User.objects.create_user(f"user {User.objects.count()}"))
    client.get(f"/sign-in/{link}")
    return {name: bool(cookie["secure"]) for name, cookie in client.cookies.items()}


@pytest.mark.parametrize("host", ["calls.example.com", "Calls.Example.com"])
def test_the_public_addresss_cookies_are_for_https_only(host: str, settings: Settings) -> None:
    assert cookies_of(host) == {settings.SESSION_COOKIE_NAME: True, settings.CSRF_COOKIE_NAME: True}


@pytest.mark.parametrize("host", ["127.0.0.1:3001", "calls.example.com:3001"])
def test_the_machines_own_address_works_over_http(host: str, settings: Settings) -> None:
    assert cookies_of(host) == {settings.SESSION_COOKIE_NAME: False, settings.CSRF_COOKIE_NAME: False}


def test_without_https_no_cookie_asks_for_it(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://calls.example.com"
    assert not any(cookies_of("calls.example.com").values())
