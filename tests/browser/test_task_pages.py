"""Tasks in the browser: the list that moves by itself, and an errand from the first key to the call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Browser, FloatRect, Page, ViewportSize, expect

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, expecting
from tests.calls.stack import CLERK, ERRAND, Stack

pytestmark = pytest.mark.browser

CALL_PATIENCE_MS = 30_000


def make_task(api: APIRequestContext, objective: str, number: str = CLERK) -> Any:
    """A pending task."""
    answer = api.post("/api/tasks", data={**ERRAND, "target_phone": number, "objective": objective})
    assert answer.status == 201, answer.text()
    return answer.json()


def test_every_page_fits_and_is_accessible_in_both_themes(
    open_page: OpenPage, api: APIRequestContext
) -> None:
    task = make_task(api, "Every page")
    paths = [
        "/tasks/",
        "/tasks/?q=nothing-like-this",
        "/tasks/new/?example=internet-bill&target_phone=%2B12025550101",
        f"/tasks/{task['id']}/review/",
        "/keys/",
    ]
    for size, scheme in ((DESKTOP, "light"), (PHONE, "dark"), (DESKTOP, "dark"), (PHONE, "light")):
        page = open_page(viewport=size, color_scheme=scheme)
        for path in paths:
            page.goto(path)
            if "/new/" in path:
                expect(page.locator("#number-told")).to_contain_text("United States")
            assert_fits(page)
            if (size, scheme) in ((DESKTOP, "light"), (PHONE, "dark")):  # both shapes, both themes
                assert_accessible(page)


def test_nothing_stands_crooked_or_covered(page: Page, api: APIRequestContext) -> None:
    make_task(api, "Straight")

    def box(selector: str) -> FloatRect:
        found = page.locator(selector).bounding_box()
        assert found is not None, selector
        return found

    page.goto("/tasks/")
    ends = [place["x"] + place["width"] for place in (box("#since"), box(".table-wrap"))]
    assert ends[0] == pytest.approx(ends[1], abs=1)
    page.goto("/tasks/?q=nothing-like-this")
    expect(page.locator(".empty .actions")).to_have_css("justify-content", "center")
    page.set_viewport_size(ViewportSize(width=1280, height=800))
    page.goto("/tasks/new/")
    for name in ("agent_persona", "style"):
        tab_to(page, name)
        field = box(f"#{name}")
        assert field["y"] + field["height"] <= box(".form-actions")["y"], name


def test_a_refused_form_and_the_way_in_are_accessible(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/tasks/new/")
    with expecting(page, "422"):
        page.get_by_role("button", name="Review").click()
        expect(page.locator("#target_phone")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("2 fields need a correction")
    assert_accessible(page)
    stranger = open_page(storage_state=None, viewport=PHONE, color_scheme="dark")
    stranger.goto("/tasks/")
    expect(stranger).to_have_url(re.compile(r"/sign-in/\?next=/tasks/$"))
    expect(stranger.get_by_label("User name")).to_be_focused()
    assert_accessible(stranger)


def test_a_task_is_written_reviewed_and_kept_by_keyboard_alone(page: Page) -> None:
    page.goto("/tasks/")
    press = page.keyboard.press
    press("n")
    expect(page.get_by_role("heading", name="New task")).to_be_visible()
    tab_to(page, "target_phone")
    page.keyboard.type("202 555 0101")
    expect(page.locator("#number-told")).to_contain_text(
        "(202) 555-0101 · United States · landline or mobile"
    )
    press("Tab")  # the kind of errand
    page.keyboard.type("Bill")
    tab_to(page, "objective")
    page.keyboard.type("Written without a mouse")
    tab_to(page, "walkaway_point")
    page.keyboard.type("Seventy-five, ocelot")
    press("Control+Enter")
    expect(page.get_by_role("heading", name="Review before dialling")).to_be_visible()
    expect(page.locator(".opening")).to_contain_text("I'm an AI assistant calling on behalf of")
    assert "ocelot" not in page.content()
    expect(page.locator(".checks li")).to_have_count(page.locator(".checks li[data-state=ok]").count())
    tab_to(page, "call-now")
    press("Tab")
    press("Enter")  # keep it for later
    expect(page).to_have_url("/tasks/")
    expect(page.locator(".row-link").first).to_have_text("Written without a mouse")


def tab_to(page: Page, element_id: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == element_id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach #{element_id}")


def test_keys_lead_through_the_list(page: Page, api: APIRequestContext) -> None:
    make_task(api, "Keys: first")
    make_task(api, "Keys: second")
    page.goto("/tasks/")
    press = page.keyboard.press
    press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("keys: ")
    links = page.locator(".row-link")
    expect(links).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/tasks/\?q=keys%3A%20$"))
    press("Escape")
    press("j")
    expect(links.nth(0)).to_be_focused()
    press("j")
    expect(links.nth(1)).to_be_focused()
    press("k")
    expect(links.nth(0)).to_have_text("Keys: second")
    press("Enter")
    expect(page).to_have_url(re.compile(r"/review/$"))
    page.go_back()
    expect(page.locator("#q")).to_have_value("keys: ")


def test_the_list_moves_by_itself_and_keeps_the_focus(page: Page, api: APIRequestContext) -> None:
    task = make_task(api, "Watch me")
    page.goto("/tasks/?q=watch")
    page.evaluate("window.unloaded = false")
    api.post(f"/api/tasks/{task['id']}/call")
    page.reload()  # the slow beat of a list without calls is not what is looked at
    page.keyboard.press("j")
    row = page.locator("tbody tr")
    expect(row.locator(".badge").first).to_have_text(re.compile("On the phone"), timeout=CALL_PATIENCE_MS)
    expect(row.locator("[data-elapsed]")).to_have_text(re.compile(r"^\d+:\d\d$"))
    expect(page.locator(".row-link")).to_be_focused()
    api.post(f"/api/tasks/{task['id']}/stop")
    expect(row.locator(".badge").first).to_have_text(re.compile("Ended"), timeout=CALL_PATIENCE_MS)
    expect(row).to_contain_text("Stopped from here")
    expect(page.locator(".row-link")).to_be_focused()


def test_call_now_leads_to_the_call(page: Page, api: APIRequestContext) -> None:
    task = make_task(api, "Call now")
    page.goto(f"/tasks/{task['id']}/")
    page.locator("#call-now").click()
    expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]{36}/$"))
    api.post(f"/api/tasks/{task['id']}/stop")


def test_the_export_is_in_the_readers_zone(open_page: OpenPage, api: APIRequestContext) -> None:
    make_task(api, "Exported")
    page = open_page(timezone_id="America/Denver")
    page.goto("/tasks/?q=exported")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("id,created_at (America/Denver),")
    assert "Exported" in text


def test_a_session_that_ends_asks_to_sign_in(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/tasks/")
    page.context.clear_cookies()
    page.locator("#q").fill("x")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
