"""One running product, one Chromium, and pages that must not complain.

Playwright's synchronous API keeps an event loop running in this thread: between `browser`'s start and the end of the
package nothing may call asyncio.run(). Ask the product over `api` instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import (
    APIRequestContext,
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)

from tests.calls import stack as calls
from tests.calls.stack import Stack

ARGUMENTS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PATIENCE_MS = 10_000
PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Complaints:
    """What a browser held against its pages; `expected` names texts that a test provokes on purpose."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def unexpected(self) -> list[str]:
        """Those that no test has asked for."""
        return [text for text in self.found if not any(word in text for word in self.expected)]


OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`manage.py up`, started once."""
    with calls.running_stack(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="package")
def playwright(stack: Stack) -> Iterator[Playwright]:
    """Started after `stack`, whose start needs asyncio for itself."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium: without it these tests fail in CI, and are skipped elsewhere."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not on PATH: apt-get install chromium")
        pytest.skip("chromium is not on PATH")
    running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield running
    running.close()


@pytest.fixture(scope="package")
def sign_in_link(stack: Stack) -> str:
    """The link that the first run prints. It works once: `cookies` is what uses it."""
    assert stack.process.stdout is not None
    for line in stack.process.stdout:
        if "/sign-in/" in line:
            return line.split()[-1]
    raise AssertionError("the product printed no sign-in link")


@pytest.fixture(scope="package")
def cookies(browser: Browser, sign_in_link: str) -> Any:
    """A browser's storage after it followed the link."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(sign_in_link)
        assert page.url.endswith("/tasks/"), page.url
        return context.storage_state()
    finally:
        context.close()


@pytest.fixture(scope="package")
def api(playwright: Playwright, stack: Stack) -> Iterator[APIRequestContext]:
    """The REST API with the key of the first run."""
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    context = playwright.request.new_context(base_url=stack.url, extra_http_headers=headers)
    yield context
    context.dispose()


@pytest.fixture
def open_page(browser: Browser, stack: Stack, cookies: Any) -> Iterator[OpenPage]:
    """Makes pages in contexts of their own, signed in unless `storage_state=None`; options are Playwright's.

    The test fails when any of them had an error on its console, an uncaught error or a breach of its policy, unless
    `page.complaints.expected` has a part of its text.
    """
    contexts: list[tuple[BrowserContext, Complaints]] = []

    def make(**options: Any) -> Page:
        defaults = {"base_url": stack.url, "storage_state": cookies, "viewport": DESKTOP}
        context = browser.new_context(**{**defaults, **options})
        context.set_default_timeout(PATIENCE_MS)
        complaints = Complaints()
        contexts.append((context, complaints))
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.on("console", lambda message: _on_console(complaints, message))
        page.on("pageerror", lambda error: complaints.found.append(f"uncaught: {error}"))
        page.complaints = complaints  # type: ignore[attr-defined]
        return page

    yield make
    found = []
    for context, complaints in contexts:
        found += complaints.unexpected()
        context.close()
    assert not found, "\n".join(found)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One signed-in page at desktop width."""
    return open_page()


def _on_console(complaints: Complaints, message: Any) -> None:
    if message.type in {"error", "warning"}:
        complaints.found.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@contextmanager
def expecting(page: Page, *texts: str) -> Iterator[None]:
    """Errors on the page's console that have one of these texts are part of the test."""
    page.complaints.expected += texts  # type: ignore[attr-defined]
    yield
