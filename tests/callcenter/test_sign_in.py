"""Who may come in: API keys, sign-in links, and the owner of a new installation."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIRequestFactory

from callcenter import owner
from callcenter.auth import ApiKeyAuthentication
from callcenter.models import SIGN_IN_LINK_LIFETIME, ApiKey, SignInLink

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def test_a_key_is_shown_once_and_only_its_digest_is_kept(alice: User) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    row.refresh_from_db()
    assert text.startswith(f"cc_{row.prefix}_")
    secret = text.removeprefix(f"cc_{row.prefix}_")
    assert secret not in "".join(str(value) for value in vars(row).values())
    assert ApiKey.find(text) == row


@pytest.mark.parametrize("change", ["", "x", "{text}x", "cc_{prefix}", "cc_{prefix}_", "Cc_{rest}"])
def test_what_is_not_the_key_is_refused(alice: User, change: str) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    assert ApiKey.find(change.format(text=text, prefix=row.prefix, rest=text[3:])) is None


def test_a_revoked_key_and_a_key_of_a_deactivated_owner_are_refused(alice: User) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    alice.is_active = False
    alice.save()
    assert ApiKey.find(text) is None
    alice.is_active = True
    alice.save()
    row.revoke()
    assert ApiKey.find(text) is None


def test_use_is_noted_to_the_minute(alice: User) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    assert ApiKey.find(text) is not None
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    row.note_use(first + timedelta(seconds=59))
    assert row.last_used_at == first
    row.note_use(first + timedelta(seconds=61))
    assert row.last_used_at > first


def test_the_api_says_how_to_authenticate(client: Client, alice: User) -> None:
    for headers in ({}, {"Authorization": "Bearer cc_no_key"}):
        response = client.get("/api/schema", headers=headers)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
    _, text = ApiKey.issue(owner=alice, name="laptop")
    assert client.get("/api/schema", headers={"Authorization": f"Bearer {text}"}).status_code == 200


def test_a_request_carries_its_key(alice: User) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    request = APIRequestFactory().get("/", headers={"Authorization": f"bearer {text}"})
    assert ApiKeyAuthentication().authenticate(request) == (alice, row)
    assert ApiKeyAuthentication().authenticate(APIRequestFactory().get("/")) is None


def test_a_link_signs_in_once(client: Client, alice: User) -> None:
    path = f"/sign-in/{SignInLink.issue(alice)}"
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert "no-store" in response["Cache-Control"]
    again = Client().get(path)
    assert again.status_code == 410
    assert b"manage.py sign_in_link" in again.content


def test_a_link_preview_does_not_use_it_up(client: Client, alice: User) -> None:
    path = f"/sign-in/{SignInLink.issue(alice)}"
    assert client.head(path).status_code == 405
    assert client.get(path).status_code == 302


def test_an_old_link_and_an_unknown_one_are_dead(alice: User) -> None:
    token = SignInLink.issue(alice)
    SignInLink.objects.update(created_at=timezone.now() - SIGN_IN_LINK_LIFETIME)
    assert SignInLink.redeem(token) is None
    assert SignInLink.redeem("unknown") is None


def test_people_sign_in_with_a_password_and_out(client: Client, alice: User) -> None:
    alice.set_password("correct horse battery")
    alice.save()
    assert client.get("/")["Location"] == "/sign-in/"
    assert b"Sign in" in client.get("/sign-in/").content
    wrong = client.post("/sign-in/", {"username": "alice", "password": "wrong"})
    assert b'role="alert"' in wrong.content
    right = client.post("/sign-in/", {"username": "alice", "password": "correct horse battery"})
    assert right["Location"] == "/"
    assert client.get("/")["Location"] == "/tasks/"
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_staff_see_every_model_in_the_admin(admin_client: Client) -> None:
    for model in ("apikey", "signinlink", "idempotencykey"):
        assert admin_client.get(f"/admin/callcenter/{model}/").status_code == 200


def test_the_admin_issues_a_key_and_shows_it_once(admin_client: Client, alice: User) -> None:
    form = {"name": "phone", "owner": alice.pk}
    page = admin_client.post("/admin/callcenter/apikey/add/", form, follow=True)
    text = page.content.decode().split("shown only now: ")[1].split("<")[0].strip()
    key = ApiKey.find(text)
    assert key is not None
    assert key.owner == alice
    assert text not in admin_client.get(f"/admin/callcenter/apikey/{key.pk}/change/").content.decode()


def test_the_first_run_makes_an_owner_and_a_private_key_file(tmp_path: Path) -> None:
    user, is_new = owner.ensure_owner()
    assert is_new
    assert user.is_superuser
    assert not user.has_usable_password()
    path = owner.ensure_api_key(user, tmp_path)
    text = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ApiKey.find(text) is not None
    assert owner.ensure_owner() == (user, False)
    assert owner.ensure_api_key(user, tmp_path).read_text().strip() == text


def test_a_lost_or_revoked_key_file_is_replaced(tmp_path: Path) -> None:
    user, _ = owner.ensure_owner()
    first = owner.ensure_api_key(user, tmp_path).read_text().strip()
    key = ApiKey.find(first)
    assert key is not None
    key.revoke()
    second = owner.ensure_api_key(user, tmp_path).read_text().strip()
    assert second != first
    assert ApiKey.find(second) is not None
