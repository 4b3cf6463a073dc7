"""A person's keys and name, on their own page."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from callcenter.models import ApiKey

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_key_is_shown_by_the_answer_that_made_it_and_never_again(signed_in: Client, alice: User) -> None:
    answer = signed_in.post("/keys/", {"name": "laptop"})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r'data-copy="([^"]+)"', answer.content.decode())
    assert found
    key = ApiKey.find(found[1])
    assert key is not None
    assert (key.owner, key.name) == (alice, "laptop")
    page = signed_in.get("/keys/").content.decode()
    assert "laptop" in page
    assert found[1] not in page


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x07b"])
def test_a_key_needs_a_name_that_can_be_read(signed_in: Client, name: str) -> None:
    answer = signed_in.post("/keys/", {"name": name})
    assert answer.status_code == 422
    assert 'id="id_name-error"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_useless(signed_in: Client, alice: User) -> None:
    row, text = ApiKey.issue(owner=alice, name="laptop")
    page = signed_in.post(f"/keys/{row.pk}/revoke/", follow=True).content.decode()
    assert "is revoked" in page
    assert ApiKey.find(text) is None
    assert signed_in.post(f"/keys/{row.pk}/revoke/").status_code == 404


def test_nobody_revokes_anothers_key(signed_in: Client) -> None:
    row, text = ApiKey.issue(owner=User.objects.create_user("bob"), name="bobs")
    assert "bobs" not in signed_in.get("/keys/").content.decode()
    assert signed_in.post(f"/keys/{row.pk}/revoke/").status_code == 404
    assert ApiKey.find(text) is not None


def test_the_name_is_what_the_agent_says(signed_in: Client, alice: User) -> None:
    assert "on behalf of my client" in signed_in.get("/keys/").content.decode()
    saved = signed_in.post("/keys/name/", {"first_name": "Dana", "last_name": "Poe"}, follow=True)
    assert "on behalf of Dana Poe" in html.unescape(saved.content.decode())
    refused = signed_in.post("/keys/name/", {"first_name": "x" * 151, "last_name": ""})
    assert refused.status_code == 422
    alice.refresh_from_db()
    assert alice.get_full_name() == "Dana Poe"


def test_strangers_sign_in_first(client: Client) -> None:
    for path in ("/keys/", "/keys/1/revoke/", "/keys/name/"):
        assert client.get(path)["Location"].startswith("/sign-in/?next=")


def test_the_description_of_the_api_is_for_people_too(signed_in: Client, alice: User) -> None:
    assert Client().get("/api/docs")["Location"] == "/sign-in/?next=/api/docs"
    assert signed_in.get("/api/docs")["Content-Type"].startswith("text/html")
    key = ApiKey.issue(owner=alice, name="test")[1]
    assert Client().get("/api/docs", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_a_missing_page_leads_back(signed_in: Client) -> None:
    answer = signed_in.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin", "/tasks", "/setup", "/telemetry", "/keys", "/talk", "/sign-in"])
def test_a_page_typed_without_its_slash_is_found(client: Client, path: str) -> None:
    assert client.get(f"{path}?page=2")["Location"] == f"{path}/?page=2"
    assert client.get(f"/api{path}").status_code in (401, 404)
    assert client.post(f"/twilio{path}").status_code == 404
