"""One call from its task to its verdict, through every endpoint of a running server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from callcenter.call_feed import follow
from callcenter.call_view import CallView
from callcenter.smoke_server import POLL_EVERY_S, Answer, Failed, Server, check, detail_of, say
from telephony.lifecycle import TERMINAL
from telephony.speaker import Speaker

SIMULATED_NUMBER = "+12025550100"
SPEAKERS = set(Speaker)
CALL_TIMEOUT_S = 120.0
"""From dialling until both sides have spoken, and again from there to the verdict."""

ERRAND = {
    "task_type": "bill_reduction",
    "objective": "Lower the monthly internet bill from 85 dollars to 60.",
    "context": "This call is a test of the telephone system. Customer for six years.",
    "target_outcome": "60 dollars a month or less",
    "walkaway_point": "75 dollars a month",
}


class Smoke:
    """The whole check, in the order of a call."""

    def __init__(self, server: Server, phone: str | None, *, websocket: bool) -> None:
        self._server = server
        self._phone = phone
        self._websocket = websocket
        self._task = ""
        self._status = ""

    def run(self) -> None:
        """Raises Failed at the first thing that is not as it should be."""
        phone = self._whom_to_call()
        self._create(phone)
        with self._hang_up_if_it_fails():
            call = self._server.ask("POST", f"{self._task}/call").json()
            check(call["ok"] is True and call["session_id"], "the call was not placed")
            if self._websocket:
                self._follow(call["session_id"])
            else:
                self._poll()
        self._look_at(call["session_id"])

    def _whom_to_call(self) -> str:
        ask = self._server.ask
        check(ask("GET", "/health", with_key=False).json() == {"status": "ok"}, "/health is not ok")
        check(ask("GET", "/readyz", with_key=False).json() == {"status": "ready"}, "/readyz is not ready")
        ask("GET", "/api/tasks", with_key=False, expect=401)
        ready = ask("GET", "/api/system/voice-readiness").json()
        for fix in ready["to_fix"]:
            say(f"            to fix: {fix}")
        if ready["simulated"]:
            return self._phone or SIMULATED_NUMBER
        if self._phone is None:
            raise Failed(
                "this server makes real calls: say whom to call with --phone, and only who agreed to it"
            )
        check(ready["can_dial_live"], "real calls cannot be placed yet: see above")
        return self._phone

    def _create(self, phone: str) -> None:
        task = self._server.ask(
            "POST", "/api/tasks", body={**ERRAND, "target_phone": phone}, expect=201
        ).json()
        self._task = f"/api/tasks/{task['id']}"
        listed = self._server.ask("GET", "/api/tasks?page_size=5").json()
        check(task["id"] in [one["id"] for one in listed], "the new task is not in the list")
        check("walkaway_point" not in self._look(), "the walk-away point is shown")

    def _look(self, *, quiet: bool = False) -> dict[str, Any]:
        """The task; says its status when that has changed."""
        request = self._server.quietly if quiet else self._server.ask
        task: dict[str, Any] = request("GET", self._task).json()
        if task["status"] != self._status:
            say(f"            task: {self._status + ' -> ' if self._status else ''}{task['status']}")
            self._status = task["status"]
        return task

    @contextmanager
    def _hang_up_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(Failed):
                self._server.quietly("POST", f"{self._task}/stop")
            raise

    def _follow(self, session_id: str) -> None:
        """Over the WebSocket, from the first event to the verdict."""
        view, spoke, seqs, stopped = CallView(), set(), [], False
        for message in follow(self._server.api, session_id, timeout_s=2 * CALL_TIMEOUT_S):
            kind, data = message["type"], message["data"]
            for line in view.lines(message):
                say(line)
            if message["seq"] is not None and kind != "snapshot":
                seqs.append(message["seq"])
            if kind == "call_status":
                self._look(quiet=True)
            if kind == "transcript_update":
                spoke.add(data["speaker"])
            if spoke == SPEAKERS and not stopped:
                self._server.ask("POST", f"{self._task}/stop")
                stopped = True
            if kind == "analysis_ready":
                say(f"            verdict: {data['outcome']} ({data['provider'] or data['detail']})")
                break
        check(seqs == list(range(seqs[0], seqs[0] + len(seqs))), "the feed has a hole")
        check(spoke == SPEAKERS, f"the call ended ({view.ended_reason}) before both sides had spoken")

    def _poll(self) -> None:
        """Over REST alone."""
        give_up_at = time.monotonic() + CALL_TIMEOUT_S
        state, stopped = "", False
        while state not in TERMINAL:
            check(time.monotonic() < give_up_at, f"the call was not over after {CALL_TIMEOUT_S:.0f} s")
            [call] = self._look(quiet=True)["calls"]
            if call["state"] != state:
                state = call["state"]
                say(f"            call: {state} {call['ended_reason'] or ''}")
            transcript = self._server.quietly("GET", f"{self._task}/transcript")
            if not stopped and transcript.status == 200 and _speakers(transcript) == SPEAKERS:
                self._server.ask("POST", f"{self._task}/stop")
                stopped = True
            time.sleep(POLL_EVERY_S)
        check(stopped, "the call ended before both sides had spoken")

    def _look_at(self, session_id: str) -> None:
        """What the call has left."""
        server, task = self._server, self._task
        verdict = server.ask_until(
            f"{task}/analysis", lambda answer: answer.status != 202, "the verdict", within_s=CALL_TIMEOUT_S
        )
        check(verdict.status == 200, f"there is no verdict: {detail_of(verdict)}")
        check({"summary", "outcome", "score", "evidence"} <= set(verdict.json()), "the verdict lacks fields")
        check(_speakers(server.ask("GET", f"{task}/transcript")) == SPEAKERS, "the transcript lacks a side")
        for form in ("srt", "vtt", "txt"):
            check(server.ask("GET", f"{task}/transcript?format={form}").body, f"the {form} is empty")
        for side in ("mixed", "inbound", "outbound"):
            wav = server.ask_until(
                f"{task}/audio?side={side}",
                lambda answer: answer.status == 200,
                "the recording",
                within_s=CALL_TIMEOUT_S,
            )
            check(wav.body.startswith(b"RIFF") and len(wav.body) > 8000, f"the {side} audio is empty")
        part = server.ask("GET", f"{task}/audio", headers={"Range": "bytes=0-43"}, expect=206)
        check(len(part.body) == 44, "a range of the audio is not what was asked for")
        server.ask("GET", f"/api/calls/{session_id}")
        server.ask("POST", f"{task}/stop")
        recent = self._counted(f"/api/telemetry/recent?limit=50&session_id={session_id}")
        check(recent["count"] == len(recent["events"]) > 0, "there is no telemetry of the call")
        check(self._counted("/api/telemetry/summary")["event_count"] > 0, "no telemetry at all")
        check(self._look()["status"] == "ended", "the task is not ended")

    def _counted(self, path: str) -> Any:
        """What the telemetry answers once it has read all that was written."""
        answer = self._server.ask_until(
            path,
            lambda answer: answer.status == 200 and answer.json()["complete"],
            "the telemetry",
            within_s=CALL_TIMEOUT_S,
        )
        return answer.json()


def _speakers(transcript: Answer) -> set[str]:
    return {turn["speaker"] for turn in transcript.json()["turns"]}
