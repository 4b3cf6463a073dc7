"""What people write is text on every page of tasks, whatever it looks like."""

from __future__ import annotations

import pytest
from playwright.sync_api import APIRequestContext, Dialog, Page, expect

from tests.browser.conftest import expecting
from tests.browser.payloads import PAYLOADS

pytestmark = pytest.mark.browser

TEXTS = ("objective", "context", "target_outcome", "walkaway_point", "agent_persona", "opening_line")
A_TASK_HOLDS = 6
"""So many payloads fit into the shortest text."""


Made = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def made(api: APIRequestContext) -> Made:
    """Tasks by id, and the payloads that stand in each of their texts; together they hold all of them."""
    found: Made = {}
    for first in range(0, len(PAYLOADS), A_TASK_HOLDS):
        payloads = PAYLOADS[first : first + A_TASK_HOLDS]
        texts = {name: " ".join((name, *payloads)) for name in TEXTS}
        found[post(api, **texts)] = payloads
    return found


def post(api: APIRequestContext, **texts: str) -> str:
    """The id of a new task."""
    answer = api.post("/api/tasks", data={"target_phone": "+12025550100", **texts})
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def assert_inert(page: Page) -> None:
    """Nothing ran, and nothing of it became an element."""
    assert page.evaluate("window.injected") is None, page.url
    strange = "iframe, object, base, math, template, main style, main script, main link, main meta, [onerror], [onload]"
    assert page.locator(strange).count() == 0, page.url
    assert page.evaluate("getComputedStyle(document.body).display") != "none"


@pytest.fixture
def guarded(page: Page) -> Page:
    """A page on which any dialog is an error."""

    def complain(dialog: Dialog) -> None:
        page.complaints.found.append(f"dialog: {dialog.message}")  # type: ignore[attr-defined]
        dialog.dismiss()

    page.on("dialog", complain)
    return page


def test_the_list_shows_them_as_they_were_written(guarded: Page, api: APIRequestContext) -> None:
    for payload in PAYLOADS:
        post(api, objective=f"list {payload}")
    guarded.goto("/tasks/?q=list")
    assert guarded.locator(".row-link").all_inner_texts() == [f"list {text}" for text in reversed(PAYLOADS)]
    assert_inert(guarded)


def test_the_review_and_the_form_show_them_as_they_were_written(guarded: Page, made: Made) -> None:
    for task_id, payloads in made.items():
        guarded.goto(f"/tasks/{task_id}/review/")
        text = guarded.locator("main").text_content() or ""
        for name in ("objective", "context", "target_outcome", "agent_persona"):
            assert " ".join((name, *payloads)) in text
        assert_inert(guarded)
        guarded.goto(f"/tasks/{task_id}/edit/")
        for name in TEXTS:
            assert guarded.locator(f"#{name}").input_value() == " ".join((name, *payloads))
        assert_inert(guarded)


def test_a_refused_form_and_a_search_show_them_as_they_were_written(guarded: Page) -> None:
    everything = "\n".join(PAYLOADS)
    guarded.goto("/tasks/new/")
    guarded.locator("#target_phone").fill(PAYLOADS[2])
    guarded.locator("#context").fill(everything)
    guarded.locator("#opening_line").fill(PAYLOADS[0])
    expect(guarded.locator("#opening-preview")).to_contain_text(PAYLOADS[0])
    expect(guarded.locator("#number-told")).to_contain_text("✕")
    with expecting(guarded, "422"):
        guarded.get_by_role("button", name="Review").click()
        expect(guarded.locator("#target_phone")).to_be_focused()
    assert guarded.locator("#context").input_value() == everything
    assert_inert(guarded)
    for payload in PAYLOADS[20:24]:
        guarded.goto("/tasks/")
        guarded.locator("#q").fill(payload)
        guarded.locator("#q").press("Enter")
        expect(guarded.get_by_role("link", name="Clear filters").first).to_be_visible()
        guarded.reload()
        assert guarded.locator("#q").input_value() == payload
        assert_inert(guarded)


def test_keys_and_names_are_text(guarded: Page) -> None:
    guarded.goto("/keys/")
    for payload in (PAYLOADS[0], PAYLOADS[23], PAYLOADS[24]):
        guarded.locator("#id_name").fill(payload)
        guarded.get_by_role("button", name="Make a key").click()
        expect(guarded.locator("#new-key-title")).to_have_text(f"Copy the key “{payload}” now")
        guarded.get_by_label(f"Revoke {payload}", exact=True).click()
        guarded.get_by_role("button", name="Yes, revoke").filter(visible=True).click()
        expect(guarded.get_by_role("status").filter(has_text="is revoked")).to_contain_text(payload)
        assert_inert(guarded)
