"""The transcript that the browser writes as the feed tells it: each word once, none of it markup."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Page, expect

from tasks_app.call_page.words import clock, in_seconds
from tests.browser.call_story import place
from tests.browser.payloads import PAYLOADS

pytestmark = pytest.mark.browser

BUSY = "+12025550110"


@pytest.fixture(scope="module")
def session_id(api: APIRequestContext) -> str:
    return place(api, BUSY)


@pytest.fixture
def call(page: Page, session_id: str) -> Page:
    """Its page, with a feed that stays silent."""
    page.route_web_socket(re.compile("/ws/call/"), lambda socket: None)
    page.goto(f"/calls/{session_id}/")
    return page


def tell_turns(page: Page, *turns: dict[str, Any]) -> None:
    """As if the feed had told them."""
    blank = {
        "speaker": "agent",
        "start_ms": 0,
        "end_ms": 1,
        "heard": 1,
        "heard_text": "",
        "text": "",
        "final": True,
    }
    page.evaluate(
        """(turns) => turns.forEach((data) => document.getElementById("call").dispatchEvent(
          new CustomEvent("feed:transcript_update", { detail: { seq: null, type: "transcript_update", data } })))""",
        [blank | turn for turn in turns],
    )


def test_what_was_never_heard_answers_nothing(call: Page) -> None:
    tell_turns(
        call,
        {"turn": 900, "speaker": "caller", "start_ms": 90_000, "end_ms": 91_000, "text": "Hm."},
        {
            "turn": 901,
            "start_ms": 91_400,
            "end_ms": 93_000,
            "heard": 0,
            "text": "Hello there",
            "final": False,
        },
        {"turn": 902, "start_ms": 94_000, "end_ms": 95_000, "text": "Well."},
    )
    waits = [call.locator(f"#turn-{number} .turn-answered") for number in (901, 902)]
    expect(waits[0]).to_have_text("answered after 0.40 s")
    tell_turns(call, {"turn": 901, "start_ms": 91_400, "heard": 0, "text": "Hello there"})
    expect(waits[0]).to_be_empty()  # it was muted before it sounded
    expect(waits[1]).to_have_text("answered after 3.0 s")


def test_only_what_is_new_is_written(call: Page) -> None:
    turn = {"turn": 900, "heard": 0.5, "text": "One two three", "final": False}
    tell_turns(call, turn | {"heard_text": "One"})
    call.evaluate(
        """() => {
          window.written = [];
          const target = document.getElementById("turns");
          const seen = (records) => written.push(...records.map(({ target }) => target.className));
          new MutationObserver(seen).observe(target, { childList: true, characterData: true, subtree: true });
        }"""
    )
    tell_turns(call, turn | {"heard_text": "One"}, turn | {"heard_text": "One two"})
    assert call.evaluate("written") == ["turn-heard", "turn-unheard"]
    assert call.locator("#turn-900 .turn-heard").inner_text() == "One two"


def test_nothing_that_is_said_runs(call: Page) -> None:
    numbered = enumerate(PAYLOADS, start=910)
    tell_turns(
        call,
        *(
            {"turn": n, "speaker": "caller", "heard": 0.5, "heard_text": text, "text": text * 2}
            for n, text in numbered
        ),
    )
    shown = call.locator(".turn-heard").evaluate_all("(all) => all.map((one) => one.textContent)")
    assert shown[-len(PAYLOADS) :] == list(PAYLOADS)
    tags = "[...new Set([...document.querySelectorAll('#turns *')].map((element) => element.localName))]"
    assert set(call.evaluate(tags)) <= {"li", "p", "b", "a", "span"}
    assert call.evaluate("window.injected") is None


def test_times_are_written_as_the_server_writes_them(call: Page) -> None:
    times = [0, 4, 250, 949, 1240, 9_960, 34_300, 61_000, 3_600_000]
    written = call.evaluate(
        "(times) => import('/static/call/format.js').then((m) => times.map((ms) => [m.clock(ms), m.seconds(ms)]))",
        times,
    )
    assert written == [[clock(ms), in_seconds(ms)] for ms in times]
