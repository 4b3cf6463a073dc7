"""The page of a call in Chromium: watched, heard, acted on, cut off, judged; by keyboard, in both themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, expect

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.call_story import LINES, TURNS, Story, place, tell
from tests.browser.conftest import (
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    VIOLATIONS,
    Complaints,
    OpenPage,
    _on_console,
    expecting,
)
from tests.calls.stack import Stack

pytestmark = pytest.mark.browser

BUSY = "+12025550110"
PAINTED = """() => {
  const { width, height } = document.querySelector("#wave canvas");
  const on = document.querySelector("#wave canvas").getContext("2d");
  const half = Math.floor(height / 2);
  const inked = (top) => on.getImageData(4, top, width - 4, half - 20).data.filter((byte, at) => at % 4 === 3 && byte);
  return [0, half + 20].every((top) => inked(top).length > 3 * width);
}"""
"""Each side of the waveform is more than a flat line."""


@pytest.fixture(scope="module")
def unanswered(api: APIRequestContext) -> str:
    """A call to somebody who is busy, made before the story's."""
    return place(api, BUSY)


@pytest.fixture(scope="module")
def story(
    browser: Browser, stack: Stack, cookies: Any, api: APIRequestContext, unanswered: str
) -> Iterator[Story]:
    """One call for this module; its two pages stay open."""
    complaints = Complaints()
    options: dict[str, Any] = {"base_url": stack.url, "storage_state": cookies, "viewport": DESKTOP}
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(VIOLATIONS)
    watcher, cut_off = context.new_page(), context.new_page()
    for page in (watcher, cut_off):
        page.on("console", partial(_on_console, complaints))
        page.on("pageerror", lambda error: complaints.found.append(f"uncaught: {error}"))
    yield tell(api, watcher, cut_off, complaints)
    context.close()


@pytest.fixture
def detail(page: Page, story: Story) -> Page:
    """The same call, opened when it is over."""
    page.goto(f"/calls/{story.session_id}/")
    return page


# --- while it goes on ---------------------------------------------------------------------------------------------


def test_the_transcript_comes_as_it_is_spoken(story: Story) -> None:
    assert story.sounding
    assert story.speaking.split() == ["Callee", "speaking…"]
    assert {speaker for _, speaker, _, _ in story.turns} == {"caller", "agent"}


def test_an_interruption_strikes_out_what_was_not_heard(story: Story) -> None:
    [cut, *_] = [text for _, speaker, state, text in story.turns if (speaker, state) == ("agent", "cut")]
    assert story.unheard.strip()
    assert cut.endswith(story.unheard)


def test_nothing_is_missed_nor_doubled_when_the_connection_breaks(story: Story) -> None:
    assert "nothing will be missed" in story.banner
    assert story.was_refused
    expect(story.cut_off.locator("#connection")).to_be_empty()
    assert story.turns_of_cut_off == story.turns
    assert [number for number, *_ in story.turns] == list(range(1, len(story.turns) + 1))
    seqs = story.watcher.evaluate(LINES)
    assert story.cut_off.evaluate(LINES) == seqs == sorted(set(seqs))


def test_listening_in_brings_each_side_to_its_own_ear(story: Story) -> None:
    assert story.heard == {"caller_alone": True, "agent_alone": True}


def test_each_act_is_on_the_timeline_with_who_did_it(story: Story) -> None:
    acts = story.watcher.locator('.line[data-kind="operator"]').all_inner_texts()
    for words in (
        "told the agent “The client may leave.”",
        "muted the agent",
        "unmuted the agent",
        "had the agent say “One moment, please.”",
        "asked to stop the call",
    ):
        assert any(f"owner {words}" in act for act in acts), words


def test_the_page_becomes_that_of_a_finished_call(story: Story, detail: Page) -> None:
    watched = story.watcher
    expect(watched.locator(".controls")).to_have_count(0)
    for page in (watched, detail):
        expect(page.locator(".verdict")).to_contain_text("Simulated judgement")
        expect(page.get_by_role("link", name="SRT")).to_be_visible()
    assert detail.evaluate(TURNS) == watched.evaluate(TURNS)
    assert detail.evaluate(LINES) == watched.evaluate(LINES)


def test_the_end_is_told_and_leaves_the_focus_on_the_page(story: Story) -> None:
    assert story.told_at_the_end == "The call is over."
    assert story.focus_at_the_end == "main"
    story.watcher.keyboard.press("?")
    keys = story.watcher.get_by_role("dialog", name="Keys on this page")
    expect(keys).to_contain_text("Play or pause")
    expect(keys.get_by_text("Whisper to the agent")).to_be_hidden()
    story.watcher.keyboard.press("Escape")


def test_neither_page_complained(story: Story) -> None:
    story.complaints.expected += ["WebSocket"]  # of the connection that was cut
    assert not story.complaints.unexpected()


# --- afterwards ---------------------------------------------------------------------------------------------------


def test_a_quote_leads_to_its_moment_in_the_sound(detail: Page) -> None:
    proof = detail.locator(".verdict .proof").first
    at_ms = int(proof.get_attribute("data-seek") or "")
    turn = detail.locator(f"#turn-{proof.get_attribute('data-turn')}")
    proof.click()
    expect(turn).to_have_attribute("data-cited", "")
    expect(turn).to_be_in_viewport()
    expect(turn).to_have_attribute("aria-current", "true")
    detail.wait_for_function(
        "(s) => { const a = document.getElementById('audio'); return !a.paused && a.currentTime >= s }",
        arg=at_ms / 1000,
    )
    detail.keyboard.press("Space")  # the link has the focus
    expect(detail.locator("#audio")).to_have_js_property("paused", True)
    assert f"#t={at_ms}" in detail.url
    detail.reload()
    detail.wait_for_function("(s) => document.getElementById('audio').currentTime === s", arg=at_ms / 1000)


def test_it_is_judged_again_when_asked(detail: Page) -> None:
    verdicts = detail.locator(".line", has_text="Verdict: ")
    expect(verdicts).to_have_count(1)
    detail.get_by_role("button", name="Judge again").click()
    expect(verdicts).to_have_count(2)
    expect(detail.locator(".coming")).to_have_count(0)
    expect(detail.get_by_role("button", name="Judge again")).to_be_visible()


def test_the_waveform_shows_both_sides(detail: Page) -> None:
    with expecting(detail, "willReadFrequently"):
        detail.wait_for_function(PAINTED)


def test_a_recording_that_a_lost_connection_kept_away_comes_with_the_next(page: Page, story: Story) -> None:
    kept_away = re.compile(r"/audio\?|/waveform/")
    page.route(kept_away, lambda route: route.abort())
    with expecting(page, "ERR_FAILED", "willReadFrequently"):
        page.goto(f"/calls/{story.session_id}/")
        page.wait_for_function("() => document.getElementById('audio').error")
        tell = "(name) => document.getElementById('call').dispatchEvent(new CustomEvent(`feed:${name}`))"
        page.evaluate("document.getElementById('offline').textContent = 'The server cannot be reached.'")
        expect(page.locator("#offline")).to_be_visible()
        page.evaluate(tell, "down")
        expect(page.locator("#connection")).to_be_visible()
        expect(page.locator("#offline")).to_be_hidden()  # one banner says it
        page.unroute(kept_away)
        page.evaluate(tell, "back")
        page.wait_for_function("() => document.getElementById('audio').readyState > 0")
        page.wait_for_function(PAINTED)


def test_it_is_used_by_keys_alone(detail: Page, unanswered: str, story: Story) -> None:
    audio = detail.locator("#audio")
    detail.wait_for_function("document.getElementById('audio').readyState > 0")
    detail.keyboard.press("Space")
    expect(audio).to_have_js_property("paused", False)
    detail.keyboard.press("Space")
    expect(audio).to_have_js_property("paused", True)
    detail.keyboard.press(".")
    assert audio.evaluate("audio => audio.currentTime") >= 5
    detail.keyboard.press(">")
    assert audio.evaluate("audio => audio.playbackRate") == 1.25
    wave = detail.get_by_role("slider", name="Position in the recording")
    wave.focus()
    detail.keyboard.press("Home")
    expect(wave).to_have_attribute("aria-valuenow", "0")
    detail.keyboard.press("ArrowRight")
    expect(wave).to_have_attribute("aria-valuenow", "5000")
    detail.keyboard.press("?")
    expect(detail.get_by_role("dialog", name="Keys on this page")).to_contain_text("Play or pause")
    detail.keyboard.press("Escape")
    wave.evaluate("element => element.blur()")
    detail.keyboard.press("ArrowLeft")
    expect(detail).to_have_url(f"/calls/{unanswered}/")
    detail.keyboard.press("ArrowRight")
    expect(detail).to_have_url(f"/calls/{story.session_id}/")


def test_a_call_that_nobody_took_says_why_and_what_to_do(open_page: OpenPage, unanswered: str) -> None:
    page = open_page(timezone_id="Asia/Tokyo")
    page.goto(f"/calls/{unanswered}/")
    expect(page.locator(".call-ended")).to_contain_text("The line was busy.")
    expect(page.locator(".call-ended")).to_contain_text("Call again in a few minutes.")
    expect(page.get_by_text("there is nothing to hear")).to_be_visible()
    began = page.locator(".line time").first
    expect(began).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(began).to_have_attribute("title", re.compile("GMT\\+9$"))
    assert_accessible(page)


def test_on_paper_it_is_whole_and_light(open_page: OpenPage, story: Story) -> None:
    page = open_page(color_scheme="dark")
    page.goto(f"/calls/{story.session_id}/")
    page.emulate_media(media="print")
    for name in ("#turns", "#timeline"):
        expect(page.locator(name)).to_have_css("max-height", "none")
    expect(page.locator("body")).to_have_css("background-color", "rgb(244, 246, 244)")
    for useless in (".call-neighbours", ".player", "text=Sound, as WAV", ".call-ended .button"):
        expect(page.locator(useless)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_fits_and_can_be_read(
    open_page: OpenPage, story: Story, scheme: str, viewport: dict[str, int]
) -> None:
    page = open_page(color_scheme=scheme, viewport=viewport)
    page.goto(f"/calls/{story.session_id}/")
    for summary in page.locator("summary").all():
        if summary.is_visible() and summary.evaluate("one => !one.closest('.menu')"):
            summary.click()
    expect(page.locator("#raw pre")).to_contain_text(story.session_id)
    page.locator(".chart").evaluate(
        "(chart) => chart.setAttribute('width', 2000)"
    )  # as after a hundred answers
    assert_fits(page)
    if (scheme, viewport) in [
        ("light", PHONE),
        ("dark", DESKTOP),
    ]:  # each theme and each layout once: it takes long
        assert_accessible(page)
