"""What every page has to be for everybody: axe-core finds nothing serious, and nothing is wider than the screen."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


def assert_accessible(page: Page) -> None:
    """No serious finding of axe-core in the page as it is shown now."""
    found = [
        f"{rule['impact']} {rule['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
    assert not found, "\n".join([page.url, *found])


def assert_fits(page: Page) -> None:
    """The page does not scroll sideways."""
    wide, narrow = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= narrow, f"{page.url} is {wide} px wide in {narrow} px"
