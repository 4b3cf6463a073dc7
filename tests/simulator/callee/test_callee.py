"""People on the line: when they greet, answer, interrupt, give up and hang up."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.speech import speak
from tests.simulator.callee.line import Line

pytestmark = pytest.mark.unit


async def test_the_greeting_comes_once_after_its_delay() -> None:
    line = Line(greeting={"say": "Hello.", "after_ms": 300})
    await line.callee.prepare()
    await line.quiet(5000)
    (said,) = line.callee.said
    assert (said.text, said.start_ms) == ("Hello.", 1300)
    greeting = await speak("Hello.", speaker="callee", seed=0)
    assert said.end_ms - said.start_ms == greeting.duration_ms
    assert set(line.spoken[: 300 * 8]) == {0xFF, 0x7F, 0xFE, 0x7E}


async def test_a_recording_is_spoken_as_it_is_up_to_dither(tmp_path: Path) -> None:
    audio = bytes(range(160)) * 20
    (tmp_path / "v.ulaw").write_bytes(audio)
    line = Line(greeting={"audio": str(tmp_path / "v.ulaw"), "after_ms": 0})
    await line.callee.prepare()
    await line.quiet(600)
    assert line.said() == [None]
    assert all(spoken ^ given in (0, 1) for spoken, given in zip(line.spoken, audio, strict=False))


async def test_it_answers_when_the_agent_has_been_quiet_long_enough() -> None:
    line = Line(replies=[{"hear": "price", "say": "It is $79."}])
    await line.agent("What is the price")
    agent_ended_ms = line.now_ms
    await line.quiet(500)
    assert line.said() == []
    await line.quiet(500)
    assert line.said() == ["It is $79."]
    assert 500 < line.callee.said[0].start_ms - agent_ended_ms <= 760


async def test_a_turn_of_several_sentences_is_answered_once() -> None:
    line = Line(replies=[{"hear": "first .* second", "say": "Both."}])
    await line.agent("The first sentence.", seed=1)
    await line.quiet(300)
    await line.agent("The second sentence.", seed=2)
    await line.quiet(3000)
    assert line.said() == ["Both."]


async def test_it_waits_for_the_agent_to_finish_before_it_answers_what_it_heard_meanwhile() -> None:
    line = Line(greeting={"say": "Hello, this is a rather long greeting.", "after_ms": 0}, fallback="I see.")
    await line.callee.prepare()
    await line.agent("I talk over you.")
    await line.quiet(6000)
    greeting, answer = line.callee.said
    assert answer.start_ms > greeting.end_ms


async def test_it_interrupts_the_chosen_utterance_and_does_not_answer_what_it_cut_off() -> None:
    line = Line(
        interrupts=[{"utterance": 2, "after_ms": 400, "say": "Wait!"}],
        replies=[{"hear": "account", "say": "Thanks."}],
        fallback="Go on.",
    )
    await line.callee.prepare()
    await line.agent("This is the first thing I say.", seed=1)
    await line.quiet(3000)
    assert line.said() == ["Go on."]
    began_ms = line.now_ms
    cut = await speak("This is the second thing, and nobody lets me finish it.", speaker="agent", seed=2)
    line.room.spoken(cut)
    for at in range(0, 100 * 160, 160):
        await line.step(cut.audio[at : at + 160])
        if line.said()[-1] == "Wait!" and line.now_ms > began_ms + 600:
            break
    await line.quiet(4000)
    assert line.said() == ["Go on.", "Wait!"]
    assert line.callee.said[1].start_ms - began_ms == pytest.approx(400, abs=80)
    await line.agent("It is about the account.", seed=3)
    await line.quiet(3000)
    assert line.said() == ["Go on.", "Wait!", "Thanks."]
    assert [heard.complete for heard in line.callee.heard()] == [True, False, True]


async def test_it_hangs_up_in_the_middle_of_an_utterance() -> None:
    line = Line(interrupts=[{"utterance": 2, "after_ms": 400, "then": "hang_up"}], fallback="Go on.")
    await line.callee.prepare()
    await line.agent("This is the first thing I say.", seed=1)
    await line.quiet(3000)
    began_ms = line.now_ms
    await line.agent("This is the second thing, and nobody is there at its end.", seed=2)
    assert line.said() == ["Go on."]
    assert line.ended == ["hung up"]
    assert line.now_ms - began_ms == pytest.approx(600, abs=80)


async def test_an_interruption_waits_for_an_utterance_long_enough() -> None:
    line = Line(interrupts=[{"utterance": 1, "after_ms": 1000, "say": "Wait!"}], fallback="Go on.")
    await line.callee.prepare()
    await line.agent("Hi.", seed=1)
    await line.quiet(3000)
    await line.agent("Now comes a sentence that is long enough to be interrupted.", seed=2)
    assert line.said() == ["Go on.", "Wait!"]


async def test_audio_that_it_does_not_know_is_inaudible_and_it_gives_up_after_three() -> None:
    line = Line(inaudible="What?")
    for number in range(3):
        await line.agent(f"These words belong to another call, number {number}.", seed=number, known=False)
        await line.quiet(3000)
    assert line.said() == ["What?"] * 3
    assert line.ended == ["hung up"]


async def test_it_asks_into_silence_and_at_last_hangs_up() -> None:
    line = Line(patience_s=2, are_you_there="Hello?")
    await line.quiet(20_000)
    assert line.said() == ["Hello?"] * 3
    assert line.ended == ["hung up"]


async def test_after_a_goodbye_it_waits_for_the_other_side_to_hang_up() -> None:
    line = Line(goodbye={"wait_s": 3, "say": "Bye."})
    await line.agent("Thank you, goodbye.")
    await line.quiet(20_000)
    assert line.said() == ["Bye."]
    assert line.ended == ["hung up"]
    assert line.now_ms - line.callee.said[0].end_ms == pytest.approx(3000, abs=100)


async def test_a_reply_presses_keys_and_hangs_up_when_it_is_said() -> None:
    line = Line(replies=[{"hear": "code", "say": "Here you are.", "press": "12#", "then": "hang_up"}])
    await line.agent("Your code, please.")
    await line.quiet(20_000)
    assert [key for key, _ in line.keys] == ["1", "2", "#"]
    assert line.keys[2][1] - line.keys[0][1] >= 400
    assert line.ended == ["hung up"]
    assert line.now_ms > line.callee.said[0].end_ms


async def test_times_heard_are_the_worlds_across_a_gap_between_streams() -> None:
    line = Line()
    first_ms = line.now_ms
    await line.agent("One.", seed=1)
    await line.quiet(1000)
    line.now_ms += 5000
    second_ms = line.now_ms
    await line.agent("Two.", seed=2)
    await line.quiet(100)
    assert [heard.start_ms for heard in line.callee.heard()] == [first_ms, second_ms]
