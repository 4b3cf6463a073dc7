"""The page of numbers in a browser: by keyboard, in both themes, on a telephone."""

from __future__ import annotations

import pytest
from playwright.sync_api import APIRequestContext, Page, ViewportSize, expect

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.conftest import PHONE, OpenPage
from tests.telephony.simulated import BUSY

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def a_call(api: APIRequestContext) -> None:
    """One that is counted, whatever came of it."""
    task = api.post("/api/tasks", data={"target_phone": BUSY, "objective": "Lower the bill"}).json()
    assert api.post(f"/api/tasks/{task['id']}/call").ok


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto("/telemetry/?range=24h")
    chart = page.get_by_role("figure", name="Calls", exact=True)
    expect(chart.get_by_role("img")).to_be_visible()
    chart.get_by_text("As a table").click()
    assert_accessible(page)
    page.set_viewport_size(ViewportSize(**PHONE))
    assert_fits(page)


def test_what_a_chart_shows_is_in_its_table(page: Page) -> None:
    page.goto("/telemetry/?range=7d")
    chart = page.get_by_role("figure", name="Calls", exact=True)
    chart.get_by_text("As a table").click()
    rows = chart.get_by_role("row")
    expect(rows).to_have_count(8)
    in_table = [int(cell) for row in rows.all()[1:] for cell in row.get_by_role("cell").all_inner_texts()]
    drawn = [
        int(title.split(": ")[1].split(" ")[0])
        for title in chart.locator(".plot rect title").all_text_contents()
    ]
    assert sum(drawn) == sum(in_table) > 0


def test_ranges_and_filters_are_the_address(page: Page) -> None:
    page.goto("/telemetry/?component=http")
    page.keyboard.press("3")
    expect(page).to_have_url("/telemetry/?range=30d&component=http")
    expect(page.get_by_role("link", name="30 days", exact=True)).to_have_attribute("aria-current", "true")
    page.keyboard.press("1")
    expect(page).to_have_url("/telemetry/?range=24h&component=http")
    expect(page.get_by_label("Part of the service")).to_have_value("http")
    page.get_by_label("Kind of task").select_option("Bill reduction")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url("/telemetry/?range=24h&task_type=bill_reduction&component=http")
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page).to_have_url("/telemetry/?range=24h")
