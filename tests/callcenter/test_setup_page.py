"""The setup page: what it says in each shape, and calls to the simulator's people with one click."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from callcenter.readiness import run
from tasks_app.models import Task
from telephony.models import Call
from tests.telephony.simulated import ACCOUNT, BUSY, NUMBER, TOKEN, running_simulator

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

UNVERIFIED = "+12025550123"


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with running_simulator() as running:
        yield running.url


@pytest.fixture
def embedded(settings: Settings, simulator: str) -> Settings:
    """A server as `manage.py up` configures it; nobody answers its webhooks here."""
    settings.SIMULATOR_URL, settings.SIMULATED, settings.DIAL_PROBLEMS = simulator, True, []
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_PHONE_NUMBER, settings.TWILIO_API_BASE_URL = NUMBER, simulator
    settings.DEEPGRAM_API_KEY, settings.DEEPGRAM_API_BASE_URL = "k", simulator
    settings.PUBLIC_BASE_URL = settings.MEDIA_BASE_URL = "http://127.0.0.1:9"
    return settings


@pytest.fixture
def browser(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A person who is signed in, and nothing known of the last test's checks."""
    monkeypatch.setattr(run, "_kept", None)
    client.force_login(User.objects.create_user("alice", first_name="Alice", last_name="Doe"))
    return client


def page_of(browser: Client) -> str:
    answer = browser.get("/setup/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", ["/setup/", "/setup/checks/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/sign-in/")
    assert client.post("/setup/call/", {"name": "clerk"})["Location"].startswith("/sign-in/")
    assert not Task.objects.exists()


def test_the_embedded_shape_says_that_calls_are_simulated(embedded: Settings, browser: Client) -> None:
    page = page_of(browser)
    assert "Calls go to the simulator" in page
    assert "No telephone rings" in page
    assert "TWILIO_ACCOUNT_SID" in page, "how to call real telephones"


def test_its_people_are_those_that_the_simulator_has(embedded: Settings, browser: Client) -> None:
    page = page_of(browser)
    assert page.count('action="/setup/call/"') == 24
    assert 'data-copy="+12025550101"' in page
    assert "(202) 555-0101" in page
    assert "comes down step by step" in page
    assert "IVR loop" in page


def test_addresses_can_be_copied(embedded: Settings, browser: Client) -> None:
    embedded.PUBLIC_BASE_URL, embedded.MEDIA_BASE_URL = (
        "https://calls.example.com",
        "https://media.example.com",
    )
    assert re.findall(r'data-copy="(\w+://[^"]+)"', page_of(browser)) == [
        "https://calls.example.com",
        "https://calls.example.com/twilio/voice",
        "https://calls.example.com/twilio/status",
        "wss://media.example.com/twilio/media-stream",
    ]


def test_a_real_shape_names_what_is_missing_and_offers_nobody(settings: Settings, browser: Client) -> None:
    settings.DIAL_PROBLEMS = ["TWILIO_AUTH_TOKEN is not set."]
    page = page_of(browser)
    assert "Calls cannot be placed yet" in page
    assert "TWILIO_AUTH_TOKEN is not set." in page
    assert page.count("not set</span>") == 4
    assert "Phone somebody" not in page
    assert browser.post("/setup/call/", {"name": "clerk"}).status_code == 404
    assert not Task.objects.exists()


def test_a_silent_simulator_is_a_sentence(embedded: Settings, browser: Client) -> None:
    embedded.SIMULATOR_URL = "http://127.0.0.1:9"
    assert "it does not answer" in page_of(browser)
    answer = browser.post("/setup/call/", {"name": "clerk"}, follow=True)
    assert "it does not answer" in answer.content.decode()
    assert not Task.objects.exists()


def test_one_click_phones_somebody_and_shows_the_call(embedded: Settings, browser: Client) -> None:
    answer = browser.post("/setup/call/", {"name": "busy"})
    call = Call.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/calls/{call.pk}/"
    assert (call.to_number, call.simulated) == (BUSY, True)
    assert call.owner == Task.objects.get().owner == User.objects.get(username="alice")


def test_a_refused_call_is_shown_with_the_reason(embedded: Settings, browser: Client) -> None:
    answer = browser.post("/setup/call/", {"name": "unverified"})
    call = Call.objects.get(to_number=UNVERIFIED)
    assert answer["Location"] == f"/calls/{call.pk}/"
    assert call.state == "failed"
    shown = page_of(browser)
    assert 'data-tone="error"' in shown


def test_a_name_that_nobody_has_is_not_found(embedded: Settings, browser: Client) -> None:
    assert browser.post("/setup/call/", {"name": "nobody"}).status_code == 404
    assert browser.post("/setup/call/").status_code == 404
    assert browser.get("/setup/call/").status_code == 405


def test_the_list_says_what_works_and_how_to_mend_the_rest(embedded: Settings, browser: Client) -> None:
    page = browser.get("/setup/checks/").content.decode()
    items = re.findall(r'<li data-state="(\w+)">.*?<h3>([\w ]+?) <', page, re.DOTALL)
    titles = {title: state for state, title in items}
    assert titles["Database"] == "ok"
    assert titles["Twilio account"] == "ok"
    assert titles["Broker"] == "missing"
    assert "→" in page
    assert "REDIS_URL" in page


def test_what_did_not_change_is_not_written_again(embedded: Settings, browser: Client) -> None:
    version = re.findall(r"\?seen=(\w+)", browser.get("/setup/checks/").content.decode())[0]
    assert browser.get("/setup/checks/", {"seen": version}).status_code == 204
    assert browser.get("/setup/checks/", {"seen": "old"}).status_code == 200
