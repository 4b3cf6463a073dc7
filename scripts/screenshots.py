#!/usr/bin/env python
"""Take the pictures in docs/screenshots/: every page of a running product, light, dark and on a phone.

    .venv/bin/python scripts/screenshots.py --base-url http://127.0.0.1:3001 --sign-in-link LINK

The product should be a fresh simulated one (`DATA_ROOT=$(mktemp -d) ./scripts/up.sh`), which this phones some of its
people with. `manage.py sign_in_link` makes a link. Needs requirements-dev.txt and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
WIDE, NARROW = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
LOOKS: dict[str, tuple[Literal["light", "dark"], ViewportSize]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "phone": ("light", NARROW),
}
QUALITY = 72
CALL_MS, SETTLE_MS = 90_000, 1_500
MORE_PEOPLE = ("Clerk", "Interrupter", "Busy", "Hold")


def phone(page: Page, name: str) -> str:
    """Call one of the simulator's people by the set-up page; the path of the call's page."""
    page.goto("/setup/")
    page.get_by_role("button", name=f"Call {name}", exact=True).click()
    page.wait_for_url("**/calls/*/")
    return page.url


def ended(page: Page, url: str) -> None:
    """Wait until a call has its verdict."""
    page.goto(url)
    page.get_by_role("heading", name="Verdict").wait_for(timeout=CALL_MS)


def places(page: Page) -> Iterator[tuple[str, str]]:
    """The name and address of each page, once there is something on them."""
    url = phone(page, "Haggler")
    page.get_by_text("On the phone").first.wait_for(timeout=CALL_MS)
    page.wait_for_timeout(25_000)  # the conversation is in its middle
    yield "live-call", url
    others = [phone(page, name) for name in MORE_PEOPLE]
    ended(page, url)
    for other in others:
        page.goto(other)
        page.get_by_text("Call again").first.wait_for(timeout=CALL_MS)
    yield "call", url
    yield "tasks", "/tasks/"
    page.goto("/tasks/new/")
    page.get_by_role("link", name="Lower a bill").click()
    page.get_by_label("Phone number").fill("(202) 555-0100")
    yield "new-task", page.url
    page.get_by_role("button", name="Review before dialling").click()
    page.wait_for_url("**/review/")
    yield "review", page.url
    yield "talk", "/talk/"
    yield "telemetry", "/telemetry/"
    yield "setup", "/setup/"
    yield "keys", "/keys/"
    yield "admin", "/admin/telephony/call/"


def take(browser: Browser, base_url: str, state: StorageState | None, name: str, address: str) -> None:
    """One page in every look."""
    for look, (theme, viewport) in LOOKS.items():
        context = browser.new_context(
            base_url=base_url,
            storage_state=state,
            viewport=viewport,
            color_scheme=theme,
        )
        page = context.new_page()
        page.goto(address)
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=FOLDER / f"{name}-{look}.jpg", type="jpeg", quality=QUALITY)
        context.close()


def main() -> int:
    """Sign in, phone somebody, take the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--sign-in-link", required=True)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not on PATH: apt install chromium", file=sys.stderr)
        return 1
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, options.base_url, None, "sign-in", "/sign-in/")
        context = browser.new_context(base_url=options.base_url, viewport=WIDE)
        page = context.new_page()
        page.goto(options.sign_in_link)
        for name, address in places(page):
            take(browser, options.base_url, context.storage_state(), name, address)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
