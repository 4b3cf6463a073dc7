"""The setup page in a browser: a list that turns green by itself, addresses to copy, and a call with one click."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.conftest import PHONE, OpenPage
from tests.calls.stack import Stack

pytestmark = pytest.mark.browser

RED = """<div id="checks" hx-get="/setup/checks/?seen=old" hx-trigger="again" hx-swap="outerHTML">
<ul class="checks"><li data-state="broken"><div><h3>Database</h3></div></li></ul></div>"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto("/setup/")
    expect(page.get_by_role("heading", name="Calls go to the simulator")).to_be_visible()
    expect(page.get_by_role("heading", name="Database works")).to_be_visible()
    page.get_by_text("How to call real telephones").click()
    assert_accessible(page)
    page.set_viewport_size(ViewportSize(**PHONE))
    assert_fits(page)


def test_the_list_turns_green(page: Page) -> None:
    was_red: list[bool] = []

    def red_once(route: Route) -> None:
        if was_red:
            route.continue_()
        else:
            was_red.append(True)
            route.fulfill(body=RED, content_type="text/html")

    page.route("**/setup/checks/**", red_once)
    page.goto("/setup/")
    expect(page.locator('[data-state="broken"]')).to_have_count(1)
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Database works")).to_be_visible()
    expect(page.locator('[data-state="broken"]')).to_have_count(0)
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Nothing has changed")).to_be_visible()


def test_addresses_are_copied(open_page: OpenPage, stack: Stack) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/setup/")
    page.get_by_role("button", name=f"{stack.url}/twilio/voice").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{stack.url}/twilio/voice"


def test_one_click_phones_somebody(page: Page) -> None:
    page.goto("/setup/")
    expect(page.get_by_role("button", name=re.compile("^Call "))).to_have_count(24)
    page.get_by_role("button", name="Call Busy").press("Enter")
    expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]{36}/"))
    expect(page.get_by_text("The line was busy").first).to_be_visible()
