"""Being called in the browser: once by keyboard alone, once with Chromium's fake microphone, which beeps."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Page, expect

from tests.browser.conftest import PHONE, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.integration]

TALK_MS = 20_000
HELLO = "Hello, who is this?"
TYPED = "Sorry, who is calling?"


def turns(page: Page, who: str, text: str | re.Pattern[str]) -> Any:
    return page.locator(".talk-turn").filter(has_text=who).filter(has_text=text)


def session_of(page: Page) -> str:
    href = page.locator("#phone-call").get_attribute("href")
    assert href is not None
    return href.split("/")[2]


def test_a_call_by_keyboard(page: Page, api: APIRequestContext) -> None:
    page.goto("/talk/")
    page.get_by_label("What the agent shall want").focus()
    page.keyboard.press("Enter")  # the first button: answer by typing
    expect(page.locator("#phone-status")).to_have_text("You are talking.", timeout=TALK_MS)
    pseudo = "() => getComputedStyle(document.getElementById('talk-turns'), '::before').content"
    assert page.evaluate(pseudo) == "none"  # it does not ring any more
    expect(page.get_by_label("You say")).to_be_focused()
    page.keyboard.type(HELLO)
    page.keyboard.press("Enter")
    expect(turns(page, "You", HELLO)).to_be_visible()
    expect(turns(page, "Agent", "AI assistant")).to_be_visible(timeout=TALK_MS)
    page.keyboard.type(f"{TYPED} <img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    expect(turns(page, "You", TYPED)).to_have_id(
        re.compile("talk-turn-"), timeout=TALK_MS
    )  # the transcript's own
    expect(turns(page, "You", HELLO)).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("x")
    expect(page.locator("#phone-status")).to_have_text("The call is over: You hung up.", timeout=TALK_MS)
    expect(page.get_by_role("button", name="Answer by typing")).to_be_focused()
    assert page.locator(".talk-turn img").count() == 0
    call = api.get(f"/api/calls/{session_of(page)}").json()
    assert call["ended_reason"] == "callee_hung_up"


def test_nothing_is_said_before_it_is_answered(page: Page) -> None:
    page.route_web_socket(re.compile("/ws/call/"), lambda socket: None)  # for the page it goes on ringing
    page.goto("/talk/")
    page.get_by_role("button", name="Answer by typing").click()
    field = page.get_by_label("You say")
    expect(field).to_be_focused(timeout=TALK_MS)
    page.keyboard.type(HELLO)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Say it")).to_be_disabled()
    expect(field).to_have_value(HELLO)
    expect(page.locator(".talk-turn")).to_have_count(0)
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("button", name="Answer by typing")).to_be_enabled(timeout=TALK_MS)


def test_a_call_with_the_microphone_on_a_telephone(open_page: OpenPage, api: APIRequestContext) -> None:
    page = open_page(viewport=PHONE, permissions=["microphone"])
    page.goto("/talk/")
    page.get_by_role("button", name="Answer with the microphone").click()
    expect(page.locator("#phone-status")).to_have_text("You are talking.", timeout=TALK_MS)
    page.keyboard.press("m")  # its beeps never pause for an answer: it is on for a moment only
    expect(turns(page, "Agent", "AI assistant").first).to_be_visible(timeout=TALK_MS)
    expect(page.get_by_role("button", name="Hang up")).to_be_in_viewport()
    page.get_by_role("button", name="Microphone off").click()
    deadline_s = time.monotonic() + TALK_MS / 1000
    while page.evaluate("document.getElementById('level').value") < 0.05:
        assert time.monotonic() < deadline_s, "the microphone is silent"
    cut = page.locator(".talk-turn[data-final] .talk-unheard").first
    expect(cut).not_to_be_empty(timeout=TALK_MS)  # the agent heard the microphone and fell silent
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Hang up").click()
    expect(page.locator("#phone-status")).to_contain_text("The call is over", timeout=TALK_MS)


def test_a_turn_takes_the_place_of_what_was_typed_for_it(page: Page) -> None:
    cases = [
        ("Hello. Who is this?", ["hello", "who is this", "bye"], [0, 1]),
        ("Yes.", ["yesterday", "yes", "yes"], [1]),
        ("No problem.", ["no", "no problem"], [1]),
        ("Sixty", ["", "is sixty fine", "sixty is not"], [1]),
        ("Yes, yes.", ["yes", "yes", "yes"], [0, 1]),
        ("Fine", ["", "fines"], []),
        ("!!!", ["", "yes"], []),
    ]
    page.goto("/talk/")
    told = page.evaluate(
        "(turns) => import('/static/talk/typed.js').then((m) => turns.map((given) => m.saidBy(...given)))",
        [case[:2] for case in cases],
    )
    assert told == [said for _, _, said in cases]


def test_without_a_microphone_the_page_says_what_to_do(page: Page) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"
    )
    page.goto("/talk/")
    page.get_by_role("button", name="Answer with the microphone").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no microphone: answer by typing.")
    expect(page.get_by_role("button", name="Answer by typing")).to_be_enabled()
