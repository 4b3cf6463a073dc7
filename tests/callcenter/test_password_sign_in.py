"""A password cannot be guessed by trying, on neither of the two pages that take one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, override_settings
from pytest_django import Settings

from callcenter import password_sign_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

RIGHT = "correct horse battery"
LOCKED = "Too many wrong passwords"


@pytest.fixture(autouse=True)
def nobody_has_guessed(settings: Settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be quick
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def alice(nobody_has_guessed: None, db: None) -> User:
    return User.objects.create_user("alice", password=RIGHT, is_staff=True)


def page_after(password: str, *, path: str = "/sign-in/", username: str = "alice", **meta: Any) -> str:
    """What a browser sees after this password; empty when it let in."""
    answer = Client().post(path, {"username": username, "password": password}, **meta)
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize("path", ["/sign-in/", "/admin/login/"])
def test_after_five_guesses_the_right_password_helps_no_more(path: str) -> None:
    for _ in range(5):
        assert LOCKED not in page_after("wrong", path=path)
    assert LOCKED in page_after(RIGHT, path=path)
    for other in ("/sign-in/", "/admin/login/"):
        assert LOCKED in page_after(RIGHT, path=other)


def test_another_person_and_another_address_are_not_locked_out() -> None:
    User.objects.create_user("bob", password=RIGHT)
    for _ in range(6):
        page_after("wrong", REMOTE_ADDR="192.0.2.7")
    assert page_after(RIGHT, username="bob", REMOTE_ADDR="192.0.2.7") == ""
    assert page_after(RIGHT, REMOTE_ADDR="192.0.2.8") == ""


def test_many_addresses_do_not_help() -> None:
    for number in range(password_sign_in.MOST_FROM_ANYWHERE):
        page_after("wrong", REMOTE_ADDR=f"198.51.100.{number}")
    assert LOCKED in page_after(RIGHT, REMOTE_ADDR="192.0.2.8")


def test_signing_in_forgets_the_slips_before_it() -> None:
    for _ in range(3):
        for _ in range(4):
            assert LOCKED not in page_after("wrong")
        assert page_after(RIGHT) == ""


def test_a_lock_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_sign_in, "WINDOW_S", 0)
    for _ in range(10):
        page_after("wrong")
    assert page_after(RIGHT) == ""


def test_only_a_proxy_of_ours_says_who_asks(settings: Settings) -> None:
    for number in range(6):
        page_after("wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert LOCKED in page_after(RIGHT)
    settings.PRODUCTION = True
    assert page_after(RIGHT, HTTP_X_FORWARDED_FOR="203.0.113.1, 192.0.2.1") == ""


def test_people_sign_in_while_redis_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"redis://127.0.0.1:{free.getsockname()[1]}/0"
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    with override_settings(CACHES={"default": away}):
        assert page_after(RIGHT) == ""
