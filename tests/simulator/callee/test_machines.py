"""Machines that answer: menus, hold music, voicemail, an open line."""

from __future__ import annotations

import audioop
from itertools import pairwise

import pytest

from simulator.callee.directory import Directory
from simulator.callee.scenario import Scenario
from simulator.config import SCENARIOS_DIR
from simulator.energy import loudness
from tests.simulator.callee.line import Line

pytestmark = pytest.mark.unit

PROMPT = "For sales press 1. For billing press 2. To hear this again press 9."
INVALID = "That is not a valid choice."
NOISE = {0xFF, 0x7F, 0xFE, 0x7E}


def shipped(name: str) -> Scenario:
    return Directory.load(SCENARIOS_DIR).scenarios[name]


async def answered(name: str) -> Line:
    line = Line(shipped(name))
    await line.callee.prepare()
    return line


async def test_a_menu_repeats_itself_for_ever() -> None:
    line = await answered("ivr")
    await line.quiet(60_000)
    assert set(line.said()) == {PROMPT}
    assert len(line.said()) >= 5
    for one, next_one in pairwise(line.callee.said):
        assert next_one.start_ms - one.end_ms == pytest.approx(6000, abs=40)


async def test_a_menu_talks_over_whoever_talks() -> None:
    line = await answered("ivr")
    await line.quiet(1000)
    await line.agent("Hello, I would like to speak to a person, please, about my internet bill.")
    (menu,) = line.callee.said
    assert (menu.text, menu.cut) == (PROMPT, False)
    assert [heard.complete for heard in line.callee.heard()] == [True]


async def test_the_right_key_leads_to_a_clerk() -> None:
    line = await answered("ivr")
    await line.quiet(2000)
    line.key("2")
    pressed_ms = line.now_ms
    await line.quiet(6000)
    menu, connecting, hello = line.callee.said
    assert menu.cut
    assert menu.end_ms <= pressed_ms
    assert connecting.text == "Connecting you to billing."
    assert connecting.start_ms - pressed_ms == pytest.approx(700, abs=40)
    assert hello.text == "Billing department, hello."
    assert hello.start_ms - connecting.end_ms == pytest.approx(1000, abs=60)
    await line.agent("I am calling about lowering my internet bill.")
    await line.quiet(4000)
    assert line.said()[-1] == "I can lower it to $55 a month."


async def test_a_wrong_key_is_not_valid_and_the_menu_comes_again() -> None:
    line = await answered("ivr")
    await line.quiet(7000)
    line.key("1")
    await line.quiet(9000)
    assert line.said() == [PROMPT, INVALID, PROMPT]
    line.key("2")
    await line.quiet(4000)
    assert line.said()[3:] == ["Connecting you to billing.", "Billing department, hello."]


async def test_a_key_asks_for_the_menu_again() -> None:
    line = await answered("ivr")
    await line.quiet(7000)
    line.key("9")
    await line.quiet(2000)
    assert line.said() == [PROMPT, PROMPT]


async def test_no_key_satisfies_the_menu_of_the_loop() -> None:
    line = await answered("ivr_loop")
    for key in "0123456789*#":
        line.key(key)
        await line.quiet(3000)
    assert line.said()[:3] == [INVALID, PROMPT, INVALID]
    assert set(line.said()) == {INVALID, PROMPT}


async def test_music_is_loud_and_without_words_until_a_clerk_comes() -> None:
    line = await answered("hold")
    await line.quiet(21_000)
    announcement = "Please hold, all our agents are busy."
    hello = "Thank you for waiting, this is Acme, how can I help?"
    assert line.said() == [announcement, "", announcement, "", announcement, hello]
    assert line.times()[2::2] == pytest.approx([5800, 11_300], abs=60)
    assert line.times()[-1] == pytest.approx(14_700, abs=800)
    music = line.callee.said[1]
    first, last = (round((at_ms - 1000) * 8) for at_ms in (music.start_ms, music.end_ms))
    assert last - first >= 8 * 800
    frames = [loudness(bytes(line.spoken[at : at + 160])) for at in range(first, last, 160)]
    assert min(frames) > 300
    ear = line.room.ear("callee")
    ear.feed(bytes(line.spoken))
    assert ear.take() == " ".join([announcement] * 3 + [hello])
    await line.agent("I am calling about lowering my internet bill.")
    await line.quiet(4000)
    assert line.said()[-1] == "I can lower it to $55 a month."


async def test_what_is_said_on_hold_is_not_answered() -> None:
    line = await answered("hold")
    await line.quiet(13_000)
    await line.agent("Can you lower the price?")
    await line.quiet(8000)
    assert line.said()[-1] == "Thank you for waiting, this is Acme, how can I help?"


async def test_a_voicemail_records_after_the_tone_and_hangs_up() -> None:
    line = await answered("voicemail")
    await line.quiet(9000)
    greeting, tone = line.callee.said
    assert (
        greeting.text
        == "You have reached Acme. Nobody can answer now. Please leave a message after the tone."
    )
    assert tone.text == ""
    assert tone.end_ms - tone.start_ms == 400
    began = round((tone.start_ms - 1000) * 8)
    linear = audioop.ulaw2lin(bytes(line.spoken[began : began + 3200]), 2)
    assert audioop.cross(linear, 2) == pytest.approx(800, abs=10)
    await line.agent("This is a message.")
    assert not line.ended
    await line.quiet(40_000)
    assert line.said() == [greeting.text, ""]
    assert line.ended == ["hung up"]
    assert line.now_ms - tone.end_ms == pytest.approx(30_000, abs=100)


async def test_nobody_says_anything() -> None:
    line = await answered("silent")
    await line.agent("Hello? Is anybody there?")
    line.key("1")
    await line.quiet(60_000)
    assert line.said() == []
    assert set(line.spoken) == NOISE
    assert not line.ended
