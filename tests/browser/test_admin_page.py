"""The admin in a browser: under the same policy as every page, and what people wrote stays text."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIRequestContext, Page, ViewportSize, expect

from tests.browser.accessibility import GRAVE, assert_fits
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.payloads import PAYLOADS
from tests.telephony.simulated import BUSY

pytestmark = pytest.mark.browser

OPTIONS = {"preload": False, "rules": {"label-title-only": {"enabled": False}}}
"""Django's search field has a picture for its label; and axe must not load style sheets a second time, inline."""


@pytest.fixture(scope="module")
def task_id(api: APIRequestContext) -> str:
    """A task whose texts are all the payloads, and which was called."""
    texts = {"objective": " ".join(PAYLOADS)[:2000], "context": " ".join(PAYLOADS)}
    task = api.post("/api/tasks", data={"target_phone": BUSY, **texts}).json()
    assert api.post(f"/api/tasks/{task['id']}/call").ok
    return str(task["id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page: OpenPage, task_id: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    for path in ("telephony/call/", f"tasks_app/task/{task_id}/change/"):
        page.goto(f"/admin/{path}")
        expect(page.get_by_role("link", name="Callcenter admin")).to_be_visible()
        found = [
            rule
            for rule in Axe().run(page, options=OPTIONS).response["violations"]
            if rule["impact"] in GRAVE
        ]
        assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
        page.set_viewport_size(ViewportSize(**PHONE))
        assert_fits(page)
        page.set_viewport_size(ViewportSize(**DESKTOP))


def test_from_a_task_to_its_call_and_to_the_calls_page(page: Page, task_id: str) -> None:
    page.goto(f"/admin/tasks_app/task/?q={task_id}")
    page.get_by_role("link", name="show", exact=True).click()
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_text("busy").first).to_be_visible()
    page.get_by_role("link", name="events", exact=True).click()
    expect(page.get_by_role("cell", name="call_status").first).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="View on site").click()
    expect(page.get_by_text("The line was busy").first).to_be_visible()


def test_payloads_stay_text(page: Page, task_id: str) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(f"/admin/tasks_app/task/{task_id}/change/")
    assert not dialogs
    text = page.locator("#content").text_content() or ""
    for payload in PAYLOADS[:-1]:
        assert payload in text
    assert page.evaluate("window.injected") is None
    assert page.locator("#content iframe, #content script[src^=data], #content [onerror]").count() == 0
