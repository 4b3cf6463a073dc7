"""One simulated call, watched by two browsers from its first ring to its verdict, and acted on by the keyboard.

Calls take their time, so there is one for all tests: they look at what was seen while it went on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import APIRequestContext, Page, ViewportSize, WebSocketRoute, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PHONE, Complaints
from tests.calls.stack import ERRAND, INTERRUPTER

LISTENING = """
(() => {
  const connect = AudioNode.prototype.connect;
  window.__heard = { caller_alone: false, agent_alone: false };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      const split = this.context.createChannelSplitter(2);
      connect.call(this, split);
      const lanes = [0, 1].map((lane) => {
        const meter = this.context.createAnalyser();
        meter.fftSize = 512;
        connect.call(split, meter, lane);
        return meter;
      });
      const samples = new Float32Array(512);
      setInterval(() => {
        const [caller, agent] = lanes.map((meter) => {
          meter.getFloatTimeDomainData(samples);
          return Math.max(...samples.map(Math.abs));
        });
        if (caller > 0.05 && agent < 0.005) window.__heard.caller_alone = true;
        if (agent > 0.05 && caller < 0.005) window.__heard.agent_alone = true;
      }, 40);
    }
    return connect.call(this, target, ...rest);
  };
})();
"""
"""Notes which ear hears something while the other hears nothing, at the very end of the page's sound."""

TURNS = """
[...document.querySelectorAll("#turns .turn[data-turn]")].map((turn) => [
  Number(turn.dataset.turn), turn.dataset.speaker, turn.dataset.state, turn.querySelector(".turn-text").textContent,
])
"""
LINES = "[...document.querySelectorAll('#timeline .line')].map((line) => Number(line.dataset.seq))"
NEWEST_IS_ABOVE_THE_CONTROLS = """() => {
  const turns = document.getElementById("turns");
  return turns.scrollHeight - turns.scrollTop - turns.clientHeight < 2
    && turns.getBoundingClientRect().bottom < document.getElementById("controls").getBoundingClientRect().top;
}"""
CALL_MS = 20_000
"""How long the next thing in the conversation may take."""


@dataclass
class CutCable:
    """Stands between a page and the feed; cut, it lets nothing through until it is mended."""

    is_cut: bool = False
    live: list[WebSocketRoute] = field(default_factory=list)
    refused: int = 0

    def route(self, browser_side: WebSocketRoute) -> None:
        """A handler for `page.route_web_socket`."""
        if self.is_cut:
            self.refused += 1
            browser_side.close(code=1013)
            return
        browser_side.connect_to_server()
        self.live.append(browser_side)

    def cut(self) -> None:
        """Break every connection, and allow no other."""
        self.is_cut = True
        while self.live:
            self.live.pop().close(code=1011)

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False


@dataclass
class Story:
    """What was seen. `watcher` acted on the call, `cut_off` lost its connection during the interruption."""

    session_id: str
    watcher: Page
    cut_off: Page
    complaints: Complaints
    banner: str = ""
    was_refused: int = 0
    sounding: str = ""
    speaking: str = ""
    unheard: str = ""
    told_at_the_end: str = ""
    focus_at_the_end: str = ""
    heard: dict[str, bool] = field(default_factory=dict)
    turns: list[list[Any]] = field(default_factory=list)
    turns_of_cut_off: list[list[Any]] = field(default_factory=list)


def place(api: APIRequestContext, number: str) -> str:
    """A call to a simulated callee; its session id, also where nobody could be reached."""
    task = api.post("/api/tasks", data={**ERRAND, "target_phone": number}).json()
    answer = api.post(f"/api/tasks/{task['id']}/call").json()
    session_id: str = answer["session_id"]
    return session_id


def tell(api: APIRequestContext, watcher: Page, cut_off: Page, complaints: Complaints) -> Story:
    """Let the call happen, and note what the pages show."""
    cable = CutCable()
    cut_off.route_web_socket(re.compile(r"/ws/call/[^/]+\?"), cable.route)
    watcher.add_init_script(LISTENING)
    story = Story(place(api, INTERRUPTER), watcher, cut_off, complaints)
    for page in (watcher, cut_off):
        page.goto(f"/calls/{story.session_id}/")

    listen = watcher.get_by_role("button", name="Listen in")
    expect(listen).to_be_enabled(timeout=CALL_MS)
    watcher.keyboard.press("l")
    expect(listen).to_have_attribute("aria-pressed", "true")
    sounding = watcher.locator('.turn[data-state="sounding"] .turn-unheard').first
    expect(sounding).to_be_visible(timeout=CALL_MS)
    story.sounding = sounding.inner_text()
    assert_accessible(watcher)

    expect(watcher.locator("#speaking")).to_be_visible(timeout=CALL_MS)
    story.speaking = watcher.locator("#speaking").inner_text()
    cable.cut()
    expect(cut_off.locator("#connection")).to_contain_text("Connection lost")
    story.banner = cut_off.locator("#connection").inner_text()
    cut = watcher.locator('.turn[data-state="cut"] .turn-unheard')
    expect(cut).to_be_visible(timeout=CALL_MS)
    story.unheard = cut.inner_text()
    expect(watcher.locator('.line[data-kind="barge-in"]')).to_be_visible()
    story.was_refused = cable.refused
    cable.mend()

    act(watcher)
    watcher.wait_for_function("__heard.caller_alone && __heard.agent_alone")
    story.heard = watcher.evaluate("__heard")
    stop(watcher)
    toast = watcher.locator("#toast")
    expect(toast).not_to_be_empty(timeout=CALL_MS)
    story.told_at_the_end = toast.inner_text()
    story.focus_at_the_end = watcher.evaluate("document.activeElement.id")
    expect(watcher.locator(".call-ended")).to_contain_text("Stopped from here.")
    expect(watcher.locator("#audio")).to_be_visible()
    for page in (watcher, cut_off):
        expect(page.locator("#verdict .verdict-summary")).to_be_visible(timeout=CALL_MS)
        expect(
            page.get_by_text("are those of the recording")
        ).to_be_visible()  # the last that the page asks for
    story.turns, story.turns_of_cut_off = watcher.evaluate(TURNS), cut_off.evaluate(TURNS)
    return story


def act(page: Page) -> None:
    """Whisper, mute, unmute and say, by keys alone."""
    page.keyboard.press("w")
    page.keyboard.type("The client may leave.")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline")).to_contain_text("told the agent “The client may leave.”")
    page.keyboard.press("Escape")
    mute = page.get_by_role("button", name="Mute agent")
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "true")
    with on_screen(page, PHONE):
        wide, narrow = mute.evaluate("(button) => [button.scrollWidth, button.clientWidth]")
        assert wide <= narrow, f"the button is {narrow} px wide, its words {wide}"
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("k")
    for key in "1#":
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.get_by_label("Keys to press")).to_have_value("1#")
    assert_uncovered(page)
    page.get_by_label("Keys to press").press("Escape")
    page.keyboard.press("s")
    page.keyboard.type("One moment, please.")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline")).to_contain_text("had the agent say “One moment, please.”")
    page.keyboard.press("Escape")


def assert_uncovered(page: Page) -> None:
    """On a telephone and on a low screen, the newest words are above what one acts with, not under it."""
    for small in (PHONE, ViewportSize(width=1280, height=560)):
        with on_screen(page, small):
            page.wait_for_function(NEWEST_IS_ABOVE_THE_CONTROLS)


@contextmanager
def on_screen(page: Page, size: ViewportSize) -> Iterator[None]:
    """The page for a moment on another screen."""
    before = page.viewport_size
    page.set_viewport_size(size)
    yield
    assert before is not None
    page.set_viewport_size(before)


def stop(page: Page) -> None:
    """End the call, with the one question that there is."""
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_contain_text("End this call?")
    page.keyboard.press("Enter")
