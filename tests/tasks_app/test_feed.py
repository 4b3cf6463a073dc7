"""The live feed: a snapshot, then every event once and in order, whatever the bus loses."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

from tasks_app.feed import CallFeedConsumer
from tasks_app.feed_messages import MAX_MESSAGES
from telephony import bus, services
from telephony.events import EventType, NewEvent
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent, Recording
from tests.tasks_app.conftest import MakeCall, MakeTask, say
from tests.tasks_app.feed_client import TIMEOUT_S, feed, in_db

pytestmark = [pytest.mark.ws, pytest.mark.django_db(transaction=True)]


async def test_it_begins_with_everything_so_far(alice: User, live: Call) -> None:
    async with feed(live.pk, alice) as client:
        snapshot = await client.next()
    assert (snapshot["type"], snapshot["seq"], snapshot["session_id"]) == ("snapshot", 3, str(live.pk))
    data = snapshot["data"]
    assert (data["task"]["id"], data["task"]["status"]) == (str(live.task_id), "active")
    assert (data["call"]["session_id"], data["call"]["state"]) == (str(live.pk), "in_progress")
    assert [turn["text"] for turn in data["turns"]] == ["Hello?"]
    assert data["recording"]["state"] == "recording"
    assert data["strategy"] is None


async def test_events_follow_once_and_in_order(alice: User, live: Call) -> None:
    async with feed(live.pk, alice) as client:
        await client.next()
        await in_db(say, live, 2, "agent", "Hi.", 1500)
        turn = await client.next()
        await in_db(services.call_advance, call_id=live.pk, event=Event.COMPLETE)
        status = await client.next()
    assert [turn["seq"], status["seq"]] == [4, 5]
    assert (turn["type"], turn["data"]["text"]) == ("transcript_update", "Hi.")
    assert (status["type"], status["data"]["state"]) == ("call_status", "completed")
    assert status["session_id"] == str(live.pk)


async def test_a_tasks_feed_opens_without_a_call_and_begins_anew_with_each(
    alice: User, make_task: MakeTask, make_call: MakeCall
) -> None:
    task = await in_db(make_task)
    async with feed(task.pk, alice) as client:
        empty = await client.next()
        assert (empty["type"], empty["seq"], empty["session_id"]) == ("snapshot", 0, None)
        assert (empty["data"]["call"], empty["data"]["turns"]) == (None, [])
        for event in (Event.BUSY, Event.ANSWER):
            call = await in_db(make_call, task=task)
            snapshot = await client.next()
            assert (snapshot["type"], snapshot["session_id"]) == ("snapshot", str(call.pk))
            await in_db(services.call_advance, call_id=call.pk, event=event)
            assert (await client.until("call_status"))["seq"] == snapshot["seq"] + 1
            if event == Event.BUSY:
                assert (await client.next())["type"] == "analysis_ready"


async def test_a_calls_feed_stays_with_its_call(
    alice: User, make_task: MakeTask, make_call: MakeCall
) -> None:
    task = await in_db(make_task)
    first = await in_db(make_call, Event.BUSY, task=task)
    async with feed(first.pk, alice) as client:
        await client.next()
        await in_db(make_call, Event.ANSWER, task=task)
        await in_db(services.event_append, call_id=first.pk, events=[NewEvent(EventType.SPEECH)])
        assert (await client.next())["session_id"] == str(first.pk)


async def test_after_goes_on_without_a_snapshot(alice: User, live: Call) -> None:
    for name, query in ((live.pk, "?after=1"), (live.task_id, f"?after=1&session_id={live.pk}")):
        async with feed(name, alice, query) as client:
            assert [(await client.next())["seq"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("query", ["?after=99", "?after=1&session_id={stranger}"])
async def test_after_of_something_else_gets_a_snapshot(alice: User, live: Call, query: str) -> None:
    async with feed(live.pk, alice, query.format(stranger=uuid4())) as client:
        assert (await client.next())["type"] == "snapshot"


async def test_after_on_a_task_without_session_gets_a_snapshot(alice: User, live: Call) -> None:
    async with feed(live.task_id, alice, "?after=1") as client:
        assert (await client.next())["type"] == "snapshot"


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=9999999999", "?after=1&session_id=x"])
async def test_after_must_make_sense(alice: User, live: Call, query: str) -> None:
    async with feed(live.pk, alice, query) as client:
        code, reason = await client.closed()
    assert code == 4400
    assert "must be" in reason


async def test_events_applied_to_a_snapshot_give_the_next_snapshot(alice: User, live: Call) -> None:
    def go_on() -> None:
        say(live, 2, "agent", "Hi, I am", 1500, final=False)
        say(live, 2, "agent", "Hi, I am an AI.", 1500, heard=0.5, heard_text="Hi, I")
        services.event_append(
            call_id=live.pk,
            events=[NewEvent(EventType.STRATEGY_UPDATE, {"strategy": "wait", "reason": "hold"})],
        )
        services.call_advance(call_id=live.pk, event=Event.END, reason="agent_ended")
        services.call_advance(call_id=live.pk, event=Event.COMPLETE, duration_seconds=7)
        services.recording_close(call_id=live.pk, state=Recording.State.FINISHED, duration_ms=7000)

    async with feed(live.pk, alice) as client:
        shown = (await client.next())["data"]
        await in_db(go_on)
        turns = {turn["number"]: turn for turn in shown["turns"]}
        while (message := await client.next())["type"] != "transcript_ready":
            data = message["data"]
            match message["type"]:
                case "transcript_update":
                    turns[data["turn"]] = {"number": data["turn"]} | {
                        k: v for k, v in data.items() if k != "turn"
                    }
                case "strategy_update":
                    shown["strategy"] = data
                case "call_status":
                    shown["call"] |= data
                case "recording":
                    shown["recording"] |= data
    async with feed(live.pk, alice) as client:
        fresh = await client.next()
    assert fresh["seq"] == message["seq"]
    assert fresh["data"]["turns"] == list(turns.values())
    assert fresh["data"]["strategy"] == shown["strategy"]
    assert fresh["data"]["recording"] == shown["recording"]
    same = ("state", "ended_reason", "ended_detail", "duration_seconds")
    assert {k: fresh["data"]["call"][k] for k in same} == {k: shown["call"][k] for k in same}


async def test_many_events_at_once_all_come(alice: User, live: Call) -> None:
    many = 2 * MAX_MESSAGES + 50
    async with feed(live.pk, alice) as client:
        await client.next()
        events = [NewEvent(EventType.DTMF, {"digit": str(n % 10)}) for n in range(many)]
        await in_db(services.event_append, call_id=live.pk, events=events)
        assert [(await client.next())["seq"] for _ in range(many)] == list(range(4, 4 + many))


async def test_notes_that_are_lost_lose_nothing(
    alice: User, live: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "QUEUE_SIZE", 2)
    async with feed(live.pk, alice) as client:
        await client.next()
        for seq in range(4, 20):
            await in_db(append_silently, live.pk, seq)
        for _ in range(50):  # overflows the feed's queue with notes that say nothing
            bus.publish_events(live.pk, live.task_id, 1)
        assert [(await client.next())["seq"] for _ in range(16)] == list(range(4, 20))


async def test_without_notes_it_looks_for_itself(
    alice: User, live: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallFeedConsumer, "POLL_WITHOUT_BUS_S", 0.01)
    monkeypatch.setattr(CallFeedConsumer, "TICK_S", 0.01)
    async with feed(live.task_id, alice) as client:
        await client.next()
        await in_db(append_silently, live.pk, 4)
        assert (await client.next())["seq"] == 4


def append_silently(call_id: UUID, seq: int) -> None:
    """As another process does whose notes do not arrive."""
    CallEvent.objects.create(call_id=call_id, seq=seq, type=EventType.SPEECH, data={"at_ms": seq})
    Call.objects.filter(pk=call_id).update(event_seq=seq)


async def test_passing_events_have_no_number_and_come_from_the_shown_call_only(
    alice: User, live: Call
) -> None:
    level = {"type": "audio_level", "data": {"caller": 0.5, "agent": 0.0}}
    async with feed(live.task_id, alice) as client:
        await client.next()
        bus.publish_passing(uuid4(), live.task_id, level | {"data": {"caller": 1, "agent": 1}})
        bus.publish_passing(live.pk, live.task_id, level)
        message = await client.next()
    assert (message["seq"], message["type"], message["data"]) == (None, "audio_level", level["data"])
    assert message["session_id"] == str(live.pk)


async def test_it_tells_the_session_that_somebody_watches(alice: User, live: Call) -> None:
    commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    with bus.on_command(live.pk, commands.put_nowait):
        async with feed(live.task_id, alice):
            async with asyncio.timeout(TIMEOUT_S):
                assert await commands.get() == {"type": "watch"}


async def test_nobody_watches_a_call_that_is_over(
    alice: User, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallFeedConsumer, "TICK_S", 0.01)
    call = await in_db(make_call, Event.BUSY)
    commands: list[dict[str, Any]] = []
    with bus.on_command(call.pk, commands.append):
        async with feed(call.pk, alice) as client:
            await client.next()
            await in_db(services.event_append, call_id=call.pk, events=[NewEvent(EventType.SPEECH)])
            await client.next()
    assert commands == []


async def test_what_a_client_says_is_ignored(alice: User, live: Call) -> None:
    async with feed(live.pk, alice) as client:
        await client.say("{not json")
        assert (await client.next())["type"] == "snapshot"
