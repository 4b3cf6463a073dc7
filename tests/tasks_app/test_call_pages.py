"""The page of a call as the server renders it, in every state a call can be in."""

from __future__ import annotations

import html
import re
import time
import wave
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks_app.models import Analysis
from telephony import recording, services
from telephony.events import EventType, NewEvent
from telephony.lifecycle import Event
from telephony.models import Call, CallEvent, Recording, Turn
from tests.tasks_app.conftest import MakeCall, MakeTask, new_id, record, say

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

PAYLOAD = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7|add:7 }}</template>"
MANY, LONG = 300, 600


@pytest.fixture
def alices(alice: User) -> Client:
    """Alice's browser."""
    client = Client()
    client.force_login(alice)
    return client


def page(client: Client, call: Call, part: str = "") -> str:
    answer = client.get(f"/calls/{call.pk}/{part and f'parts/{part}/'}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def judged(call: Call, **verdict: Any) -> Analysis:
    whole: dict[str, Any] = {
        "summary": "It worked.",
        "outcome": "success",
        "outcome_reasoning": "They agreed.",
        "evidence": [],
        "score": 92,
        "concessions": [],
        "details": {},
    } | verdict
    return Analysis.objects.create(
        call=call,
        state=Analysis.State.READY,
        verdict=whole,
        outcome=whole["outcome"],
        provider="openai",
        model="m",
    )


def happen(call: Call, type_: EventType, **data: Any) -> None:
    services.event_append(call_id=call.pk, events=[NewEvent(type_, data)])


def fill(call: Call, turns: int) -> None:
    """A conversation of so many turns, each with the events that a live call has for it."""
    first = call.event_seq + 1
    now = timezone.now()
    rows = [
        Turn(
            call=call,
            number=n,
            speaker="agent" if n % 2 else "caller",
            text="What can you do about the price? " * 3,
            start_ms=n * 3000,
            end_ms=n * 3000 + 2000,
        )
        for n in range(1, turns + 1)
    ]
    Turn.objects.bulk_create(rows)
    kinds: list[tuple[EventType, dict[str, Any]]] = [
        (EventType.SPEECH, {"at_ms": 1}),
        (EventType.TRANSCRIPT_UPDATE, {"turn": 1, "speaker": "caller"}),
        (EventType.TRANSCRIPT_UPDATE, {"turn": 2, "speaker": "agent"}),
        (EventType.AGENT_THINKING, {"turn": 1, "duration_ms": 250}),
    ]
    events = [
        CallEvent(call=call, seq=first + index, type=type_, data=data, timestamp=now)
        for index, (type_, data) in enumerate(kinds * turns)
    ]
    CallEvent.objects.bulk_create(events)
    Call.objects.filter(pk=call.pk).update(event_seq=first + len(events))


# --- who may see it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "parts/head/", "parts/verdict/", "waveform/"])
def test_a_call_is_its_owners(alices: Client, bob: User, root: User, live: Call, path: str) -> None:
    url = f"/calls/{live.pk}/{path}"
    assert Client().get(url).headers["Location"].startswith("/sign-in/")
    stranger, superuser = Client(), Client()
    stranger.force_login(bob)
    superuser.force_login(root)
    assert stranger.get(url).status_code == 404
    assert alices.get(f"/calls/{new_id()}/{path}").status_code == 404
    if path != "waveform/":
        assert superuser.get(url).status_code == alices.get(url).status_code == 200


def test_nobody_elses_call_is_a_neighbour(
    alices: Client, bob: User, make_call: MakeCall, make_task: MakeTask
) -> None:
    older, _, call = (
        make_call(Event.CANCEL),
        make_call(Event.CANCEL, task=make_task(owner=bob)),
        make_call(Event.CANCEL),
    )
    shown = page(alices, call)
    assert f'href="/calls/{older.pk}/" data-older' in shown
    assert "data-newer" not in shown


# --- how much it costs --------------------------------------------------------------------------------------------


def test_a_long_call_takes_as_many_queries_as_a_short_one(alices: Client, make_call: MakeCall) -> None:
    counts = []
    for turns in (1, MANY):
        call = make_call(Event.ANSWER)
        record(call)
        fill(call, turns)
        services.call_advance(call_id=call.pk, event=Event.COMPLETE)
        judged(call)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(alices, call)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_the_page_of_a_long_call_is_made_in_less_than_150_ms(alices: Client, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER)
    fill(call, LONG)
    took_s = []
    for _ in range(5):
        start_s = time.thread_time()
        page(alices, call)
        took_s.append(time.thread_time() - start_s)
    assert min(took_s) < 0.150


# --- what it says -------------------------------------------------------------------------------------------------


def test_a_live_call_shows_what_was_heard_and_offers_to_act(alices: Client, live: Call) -> None:
    say(live, 2, "agent", "Good morning to you", 1500, heard=0.5, heard_text="Good morning", final=False)
    happen(live, EventType.SPEECH, at_ms=3000)
    happen(live, EventType.STRATEGY_UPDATE, strategy="Ask for less.", reason="Too high.")
    shown = page(alices, live)
    live.refresh_from_db()
    assert f'data-seq="{live.event_seq}"' in shown
    assert '<span class="turn-heard">Good morning</span>' in shown
    assert '<span class="turn-unheard"> to you</span>' in shown
    assert 'data-state="sounding"' in shown
    assert 'data-state="speaking">' in shown
    assert "The agent&#x27;s plan: <b>Ask for less.</b>" in shown or "plan: <b>Ask for less.</b>" in shown
    assert "Sound, as WAV" not in shown
    for control in ("end", "say", "whisper", "dtmf", "mute", "listen"):
        assert f'data-control="{control}"' in shown


def test_the_callee_who_has_spoken_is_not_speaking(alices: Client, live: Call) -> None:
    happen(live, EventType.SPEECH, at_ms=100)
    say(live, 2, "caller", "Well.", 100)
    assert 'data-state="speaking" hidden' in page(alices, live)


def test_a_muted_agent_is_shown_as_muted(alices: Client, live: Call) -> None:
    act = {"id": "1", "by": "alice", "text": "", "digits": "", "result": "ok", "detail": ""}
    happen(live, EventType.OPERATOR_ACTION, **act, action="mute")
    assert 'data-control="mute" aria-pressed="true"' in page(alices, live)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((Event.RING, Event.NO_ANSWER), ("No answer", "Nobody answered.", "Try another time of day.")),
        ((Event.RING, Event.BUSY), ("Busy", "The line was busy.", "Call again in a few minutes.")),
        ((Event.FAIL,), ("Failed", "The carrier rejected the call.", "Try again; then ask Twilio.")),
        (
            (Event.CANCEL,),
            ("Cancelled", "Stopped before the phone was dialled.", "Call again when you like."),
        ),
    ],
)
def test_a_call_that_reached_nobody_says_why_and_what_to_do(
    alices: Client, make_call: MakeCall, events: tuple[Event, ...], words: tuple[str, ...]
) -> None:
    shown = page(alices, make_call(*events))
    for sentence in (*words, "Nobody answered, so there is nothing to hear.", "Nobody was reached."):
        assert sentence in shown
    assert re.search(r'title="[-0-9]{10} (\d\d:\d\d:\d\d) UTC" data-clock>\1</time>', shown)
    assert "<audio" not in shown
    assert "data-control" not in shown


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Recording.State.RECORDING, "The recording is being finished"),
        (Recording.State.MISSING, "There is no recording of this call. The disk was full."),
    ],
)
def test_an_answered_call_without_sound_says_so(
    alices: Client, make_call: MakeCall, state: Recording.State, sentence: str
) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    row = record(call, state)
    row.detail = "The disk was full."
    row.save()
    shown = page(alices, call)
    assert sentence in shown
    assert "<audio" not in shown


def test_a_recorded_call_offers_its_files_and_its_shape(alices: Client, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    record(call)
    path = recording.wav_path(call.pk, "mixed")
    path.parent.mkdir(parents=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000 * 4))
    shown = html.unescape(page(alices, call))
    for side in recording.SIDES:
        assert f"/api/tasks/{call.task_id}/audio?side={side}&session_id={call.pk}" in shown
    for name in ("srt", "vtt", "txt", "json"):
        assert f"/api/tasks/{call.task_id}/transcript?format={name}&session_id={call.pk}" in shown
    shape = alices.get(f"/calls/{call.pk}/waveform/").json()
    assert (shape["duration_ms"], len(shape["caller"]), len(shape["agent"])) == (1000, 1000, 1000)
    path.write_bytes(b"RIFF")  # as a killed process may leave it
    assert alices.get(f"/calls/{call.pk}/waveform/").status_code == 404
    path.unlink()
    assert alices.get(f"/calls/{call.pk}/waveform/").status_code == 404


def test_the_timeline_goes_on_where_the_browser_has_it(alices: Client, live: Call) -> None:
    happen(live, EventType.DTMF, digit="7")
    live.refresh_from_db()
    answer = alices.get(f"/calls/{live.pk}/parts/lines/?after={live.event_seq - 1}").content.decode()
    assert answer.count("<li") == 1
    assert "The callee pressed 7" in answer
    assert alices.get(f"/calls/{live.pk}/parts/lines/?after=x").content.decode().count("<li") > 1
    assert alices.get(f"/calls/{live.pk}/parts/secrets/").status_code == 404


# --- the verdict --------------------------------------------------------------------------------------------------


def test_each_claim_is_linked_to_its_quote_or_marked(alices: Client, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    proof = {"turn": 4, "quote": "It is $55", "start_ms": 28_102}
    proven = {"text": "A lower price.", "supported": True, "evidence": [proof]}
    unproven = {"text": "A free month.", "supported": False, "evidence": []}
    judged(call, evidence=[proof], concessions=[proven, unproven])
    shown = page(alices, call, "verdict")
    assert shown.count('href="#turn-4" data-seek="28102" data-turn="4"') == 2
    assert "<q>It is $55</q>" in shown
    assert shown.count("not found in the transcript") == 1
    assert "Judged by openai, model m. Made <time" in shown
    assert "Simulated judgement" not in shown


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ("simulator", "Judged by the simulator"),
        ("statistics", "No model is configured"),
        ("not_reached", "nobody to judge"),
    ],
)
def test_a_verdict_says_who_gave_it(alices: Client, make_call: MakeCall, provider: str, words: str) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    Analysis.objects.filter(pk=judged(call).pk).update(provider=provider, simulated=provider == "simulator")
    shown = page(alices, call, "verdict")
    assert words in shown
    assert ("Simulated judgement" in shown) == (provider == "simulator")


def test_a_verdict_that_is_coming_failed_or_asked_for_again(alices: Client, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER, Event.COMPLETE)
    assert "The verdict is being made" in page(alices, call, "verdict")
    Analysis.objects.filter(call=call).delete()
    Analysis.objects.create(call=call, state=Analysis.State.FAILED, failure="The model is away.")
    assert "The call could not be judged: The model is away." in page(alices, call, "verdict")
    answer = alices.post(f"/calls/{call.pk}/judge/", headers={"HX-Request": "true"})
    assert "The verdict is being made" in answer.content.decode()
    assert alices.post(f"/calls/{call.pk}/judge/").headers["Location"] == f"/calls/{call.pk}/"
    assert Analysis.objects.filter(call=call, state=Analysis.State.PENDING).count() == 1
    Analysis.objects.filter(call=call).delete()
    judged(call)
    Analysis.objects.create(call=call)
    again = page(alices, call, "verdict")
    assert "It is being judged again" in again
    assert "It worked." in again


# --- what it must not do ------------------------------------------------------------------------------------------


def test_nothing_that_was_said_or_written_is_markup(
    alices: Client, make_call: MakeCall, make_task: MakeTask
) -> None:
    call = make_call(Event.ANSWER, task=make_task(objective=PAYLOAD))
    say(call, 1, "caller", PAYLOAD, 0)
    say(call, 2, "agent", f"Yes {PAYLOAD}", 2000, heard=0.1, heard_text="Yes")
    happen(call, EventType.STRATEGY_UPDATE, strategy=PAYLOAD, reason=PAYLOAD)
    happen(call, EventType.TOOL_CALL, id="1", name=PAYLOAD, arguments={PAYLOAD: PAYLOAD}, result=PAYLOAD)
    act = {"id": "1", "by": PAYLOAD, "digits": "", "result": "ok", "detail": PAYLOAD}
    happen(call, EventType.OPERATOR_ACTION, action="say", text=PAYLOAD, **act)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE, reason="unknown", detail=PAYLOAD)
    proof = [{"turn": 1, "quote": PAYLOAD, "start_ms": 0}]
    claim = {"text": PAYLOAD, "supported": True, "evidence": proof}
    texts = ("summary", "outcome_reasoning", "score_reasoning", "rapport_quality")
    judged(
        call,
        **dict.fromkeys(texts, PAYLOAD),
        **{name: [claim] for name in ("concessions", "tactics", "key_moments")},
        **{name: [PAYLOAD] for name in ("tactics_used", "improvement_suggestions")},
        evidence=proof,
        details={PAYLOAD: PAYLOAD},
    )
    shown = page(alices, call)
    assert "<img src=x" not in shown
    assert "<script>alert" not in shown
    assert shown.count(html.escape("<img src=x onerror=alert(2)>")) > 20
    assert "{{ 7|add:7 }}" in shown


def test_the_walk_away_point_is_not_on_it(alices: Client, make_call: MakeCall, make_task: MakeTask) -> None:
    call = make_call(Event.ANSWER, task=make_task(walkaway_point="ocelot"))
    assert "ocelot" not in page(alices, call)
