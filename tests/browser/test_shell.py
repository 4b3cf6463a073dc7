"""What every page shares: the way in, both themes, the keyboard, the header on a telephone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, expecting

pytestmark = pytest.mark.browser


def background(page: Page) -> str:
    """The page's colour."""
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_signing_in_by_link_leads_to_the_tasks(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url("/tasks/")
    expect(page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()
    expect(page.get_by_role("banner").get_by_text("Simulated")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_another_is_chosen_and_kept(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto("/tasks/")
    systems = background(page)
    page.get_by_role("button", name="theme").click()
    chosen = background(page)
    assert chosen != systems
    page.reload()
    assert background(page) == chosen


def test_the_policy_lets_nothing_inline_run(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/tasks/")
    with expecting(page, "Content Security Policy"):
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
            }"""
        )
        page.wait_for_function("window.__violations.length > 0")
    assert page.evaluate("window.ran") is None


def test_nothing_is_wider_than_a_telephone(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    page.goto("/tasks/")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("summary", has_text="o").first.click()
    expect(page.get_by_role("link", name="API documentation")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="API documentation")).to_be_hidden()


def test_the_keyboard_finds_its_keys_and_skips_the_header(page: Page) -> None:
    page.goto("/tasks/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys on this page")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
