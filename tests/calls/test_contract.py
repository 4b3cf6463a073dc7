"""The contract's REST API, line by line, on a running product with a finished call."""

from __future__ import annotations

import io
import re
import uuid
import wave
from typing import Any

import pytest

from tests.calls.rest import Answer, ask
from tests.calls.stack import CALL_TIMEOUT_S, CLERK, ERRAND, PlacedCall, Stack
from tests.waiting import until

pytestmark = pytest.mark.integration

SLOW, GEO, FORBIDDEN = "+12025550117", "+12025550122", "+442079460000"
PROBLEM = {"type", "title", "status", "detail", "code", "instance"}
TASK = {
    *("id", "task_type", "target_phone", "objective", "context", "target_outcome", "agent_persona"),
    *("opening_line", "style", "status", "outcome", "duration_seconds", "created_at", "ended_at"),
}
VERDICT = {
    *("summary", "outcome", "outcome_reasoning", "concessions", "tactics", "tactics_used", "score"),
    *("score_reasoning", "rapport_quality", "key_moments", "improvement_suggestions", "details"),
}
GROUP = {"count", "ok", "error", "avg_ms", "min_ms", "max_ms", "p50_ms", "p95_ms", "p99_ms"}


@pytest.fixture
def clerk(placed: dict[str, PlacedCall]) -> PlacedCall:
    """The finished call that is looked at."""
    return placed["clerk"]


@pytest.fixture
def path(clerk: PlacedCall) -> str:
    """Its task."""
    return f"/api/tasks/{clerk.task['id']}"


def new_task(stack: Stack, number: str = CLERK, **fields: Any) -> dict[str, Any]:
    answer = ask(stack, "POST", "/api/tasks", {**ERRAND, "target_phone": number, **fields})
    assert answer.status == 201, answer.body
    task: dict[str, Any] = answer.json
    return task


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """A problem document (RFC 9457)."""
    assert (answer.status, answer.media_type) == (status, "application/problem+json"), answer.body
    body: dict[str, Any] = answer.json
    assert set(body) >= PROBLEM
    assert (body["status"], body["code"]) == (status, code)
    assert body.get("ok") is not True
    return body


def test_create_a_task(stack: Stack) -> None:
    task = new_task(stack, "(202) 555-0100", task_type="custom", style="assertive")
    assert set(task) >= TASK
    assert (task["target_phone"], task["status"], task["outcome"]) == (CLERK, "pending", "unknown")
    assert "ocelot" not in str(task)


def test_list_tasks(stack: Stack, clerk: PlacedCall) -> None:
    word = f"errand{uuid.uuid4().hex}"
    tasks = [new_task(stack, objective=f"{word} {number}")["id"] for number in range(3)]
    answer = ask(stack, "GET", f"/api/tasks?q={word}&page_size=2")
    assert isinstance(answer.json, list)
    assert [task["id"] for task in answer.json] == [tasks[2], tasks[1]]
    assert answer.headers["X-Total-Count"] == "3"
    links = {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}
    assert set(links) == {"first", "next", "last"}
    assert [task["id"] for task in ask(stack, "GET", links["next"]).json] == [tasks[0]]
    ended = ask(stack, "GET", "/api/tasks?status=ended&page_size=200").json
    assert {task["status"] for task in ended} == {"ended"}
    assert clerk.task["id"] in [task["id"] for task in ended]
    assert ask(stack, "GET", f"/api/tasks?status=ended&q={word}").json == []
    assert set(refused(ask(stack, "GET", "/api/tasks?status=lost"), 400, "invalid")["errors"]) == {"status"}


def test_read_a_task_with_its_calls(stack: Stack, clerk: PlacedCall, path: str) -> None:
    task = ask(stack, "GET", path).json
    assert set(task) >= TASK | {"calls"}
    assert [call["session_id"] for call in task["calls"]] == [clerk.session_id]
    assert (task["status"], task["duration_seconds"] > 0, task["ended_at"] is not None) == (
        "ended",
        True,
        True,
    )


def test_place_and_stop_a_call(stack: Stack) -> None:
    path = f"/api/tasks/{new_task(stack, SLOW)['id']}"
    once = {"Idempotency_Key": str(uuid.uuid4())}
    first = ask(stack, "POST", f"{path}/call", **once)
    assert (first.status, first.json["ok"], set(first.json)) == (200, True, {"ok", "message", "session_id"})
    repeated = ask(stack, "POST", f"{path}/call", **once)
    assert (repeated.status, repeated.json) == (200, first.json)
    assert repeated.headers["Idempotent-Replayed"] == "true"
    in_progress = refused(ask(stack, "POST", f"{path}/call"), 409, "call_in_progress")
    assert in_progress["session_id"] == first.json["session_id"]
    stopped = ask(stack, "POST", f"{path}/stop")
    assert (stopped.status, stopped.json["ok"], stopped.json["session_id"]) == (
        200,
        True,
        first.json["session_id"],
    )
    until(lambda: ask(stack, "GET", path).json["status"] == "ended", within_s=CALL_TIMEOUT_S, every_s=0.1)
    before = ask(stack, "GET", path).json
    again = ask(stack, "POST", f"{path}/stop")
    assert (again.status, set(again.json)) == (200, {"ok", "message", "session_id"})
    assert ask(stack, "GET", path).json == before


def test_policy_and_provider_refuse_by_name(stack: Stack) -> None:
    abroad = ask(stack, "POST", "/api/tasks", {**ERRAND, "target_phone": FORBIDDEN})
    assert "target_phone" in refused(abroad, 400, "invalid")["errors"]
    geo = new_task(stack, GEO)["id"]
    body = refused(ask(stack, "POST", f"/api/tasks/{geo}/call"), 422, "geo_permission_denied")
    assert body["ok"] is False


def test_stopping_what_never_ran_is_no_error(stack: Stack) -> None:
    task = new_task(stack)
    answer = ask(stack, "POST", f"/api/tasks/{task['id']}/stop")
    assert (answer.status, answer.json["ok"], answer.json["session_id"]) == (200, True, None)
    assert ask(stack, "GET", f"/api/tasks/{task['id']}").json["status"] == "pending"


def test_audio(stack: Stack, clerk: PlacedCall, path: str) -> None:
    for side, channels in {"mixed": 2, "inbound": 1, "outbound": 1}.items():
        whole = ask(stack, "GET", f"{path}/audio?side={side}")
        assert (whole.status, whole.media_type) == (200, "audio/wav")
        with wave.open(io.BytesIO(whole.body)) as sound:
            assert (sound.getnchannels(), sound.getframerate()) == (channels, 8000)
    part = ask(stack, "GET", f"{path}/audio", Range="bytes=100-199")
    mixed = ask(stack, "GET", f"{path}/audio").body
    assert (part.status, part.body) == (206, mixed[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(mixed)}"
    assert ask(stack, "GET", f"{path}/audio", Range=f"bytes={len(mixed)}-").status == 416
    named = ask(stack, "GET", f"{path}/audio?session_id={clerk.session_id}", Range="bytes=0-3")
    assert named.body == b"RIFF"
    refused(ask(stack, "GET", f"/api/tasks/{new_task(stack)['id']}/audio"), 404, "no_call")


def test_transcript(stack: Stack, clerk: PlacedCall, path: str) -> None:
    transcript = ask(stack, "GET", f"{path}/transcript").json
    assert set(transcript) >= {"task_id", "turns", "count"}
    assert (transcript["task_id"], transcript["count"]) == (clerk.task["id"], len(transcript["turns"]))
    assert {turn["speaker"] for turn in transcript["turns"]} == {"caller", "agent"}
    begins = {"srt": b"1\n00:00:", "vtt": b"WEBVTT\n", "txt": b"[00:0"}
    for name, beginning in begins.items():
        assert ask(stack, "GET", f"{path}/transcript?format={name}").body.startswith(beginning)
    assert set(refused(ask(stack, "GET", f"{path}/transcript?format=pdf"), 400, "invalid")["errors"]) == {
        "format"
    }


def test_analysis(stack: Stack, path: str) -> None:
    until(lambda: ask(stack, "GET", f"{path}/analysis").status == 200, within_s=CALL_TIMEOUT_S, every_s=0.1)
    verdict = ask(stack, "GET", f"{path}/analysis").json
    assert set(verdict) >= VERDICT | {"evidence"}
    assert 0 <= verdict["score"] <= 100
    turns = {turn["number"]: turn for turn in ask(stack, "GET", f"{path}/transcript").json["turns"]}
    claims = [*verdict["concessions"], *verdict["tactics"], *verdict["key_moments"]]
    evidence = [*verdict["evidence"], *(one for claim in claims for one in claim["evidence"])]
    assert evidence
    for one in evidence:
        assert set(one) == {"turn", "quote", "start_ms"}
        assert one["quote"] in turns[one["turn"]]["text"]
        assert one["start_ms"] == turns[one["turn"]]["start_ms"]
    again = ask(stack, "POST", f"{path}/analysis")
    assert (again.status, again.json["state"]) == (202, "pending")
    until(lambda: ask(stack, "GET", f"{path}/analysis").status == 200, within_s=CALL_TIMEOUT_S, every_s=0.1)
    refused(ask(stack, "GET", f"/api/tasks/{new_task(stack)['id']}/analysis"), 404, "no_call")


def counted(stack: Stack, path: str) -> Any:
    """What the telemetry answers once it has read all that was written, which on a busy machine is not at once."""
    answers: list[Any] = []

    def is_complete() -> bool:
        answers.append(ask(stack, "GET", path).json)
        return bool(answers[-1]["complete"])

    until(is_complete, f"a complete answer of {path}")
    return answers[-1]


def test_telemetry(stack: Stack, clerk: PlacedCall) -> None:
    recent = counted(stack, f"/api/telemetry/recent?limit=5&session_id={clerk.session_id}")
    assert recent["count"] == len(recent["events"]) == 5
    assert {event["session_id"] for event in recent["events"]} == {clerk.session_id}
    chosen = "component=http&action=task-call"
    [event] = counted(stack, f"/api/telemetry/recent?limit=1&{chosen}&task_id={clerk.task['id']}")["events"]
    assert (event["component"], event["action"], event["ok"]) == ("http", "task-call", True)
    summary = counted(stack, f"/api/telemetry/summary?session_id={clerk.session_id}")
    assert set(summary) >= {
        "event_count",
        "component_count",
        "action_count",
        "slowest_events",
        "durations_ms",
    }
    assert (len(summary["components"]), len(summary["actions"])) == (
        summary["component_count"],
        summary["action_count"],
    )
    for group in (summary["durations_ms"], *summary["components"].values(), *summary["actions"].values()):
        assert set(group) == GROUP


def test_act_on_a_call_that_is_over(stack: Stack, clerk: PlacedCall) -> None:
    path = f"/api/calls/{clerk.session_id}/actions"
    refused(ask(stack, "POST", path, {"type": "say", "text": "Hello"}), 409, "call_not_live")
    assert set(refused(ask(stack, "POST", path, {"type": "sing"}), 400, "invalid")["errors"]) == {"type"}


def test_readiness_and_health(stack: Stack) -> None:
    ready = ask(stack, "GET", "/api/system/voice-readiness").json
    assert (ready["simulated"], ready["can_dial_live"], ready["to_fix"]) == (True, False, [])
    configured = ("twilio_configured", "deepgram_configured", "llm_ready", "deepgram_voice_agent_enabled")
    assert {ready[name] for name in configured} == {True}
    assert ready["llm_provider"] == "openai"
    assert {check["state"] for check in ready["checks"]} <= {"ok", "skipped"}
    assert ask(stack, "GET", "/health", key="").json == {"status": "ok"}
    assert ask(stack, "GET", "/readyz", key="").json == {"status": "ready"}


def test_a_slash_at_the_end_is_accepted(stack: Stack, clerk: PlacedCall, path: str) -> None:
    rest = [path, f"{path}/audio", f"{path}/transcript", f"{path}/analysis", f"/api/calls/{clerk.session_id}"]
    others = ("tasks", "telemetry/recent", "telemetry/summary", "system/voice-readiness", "schema", "docs")
    for one in (*rest, *(f"/api/{name}" for name in others), "/health", "/readyz"):
        assert [ask(stack, "GET", one).status, ask(stack, "GET", f"{one}/").status] == [200, 200], one
    assert ask(stack, "POST", f"{path}/stop/").status == 200


def test_nobody_gets_in_without_a_key(stack: Stack, path: str) -> None:
    for one in (path, f"{path}/audio", "/api/telemetry/recent", "/api/system/voice-readiness"):
        refused(ask(stack, "GET", one, key=""), 401, "not_authenticated")
        refused(ask(stack, "GET", one, key="wrong"), 401, "authentication_failed")
