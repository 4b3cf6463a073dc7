"""Reports about a call from all sides, in any order, repeated and lost: the row tells one story with one end.

The database commits, as it does in a live call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tasks_app.models import Task
from tasks_app.receivers import STATUS
from telephony import services
from telephony.ended_reasons import ENDED_REASONS
from telephony.events import EventType, NewEvent
from telephony.lifecycle import TABLE, TERMINAL, TWILIO_STATUS, State
from telephony.models import Call, CallEvent, Recording
from tests.telephony.account import TALKED_S, Account, Reply
from tests.telephony.phone import Phone

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

RANK = {state.value: rank for rank, state in enumerate(State)}
STATUSES = st.sampled_from(sorted(TWILIO_STATUS))
SESSION_ENDS = ("callee_hung_up", "media_lost", "agent_ended", "error.deepgram", "max_duration")


class AnyOrder(RuleBasedStateMachine):
    """Any report at any moment, also those that contradict each other."""

    def __init__(self, account: Account, log: pytest.LogCaptureFixture) -> None:
        super().__init__()
        self.phone = Phone(account)
        self.log = log
        log.clear()
        self.fences = [0]
        self.answer_was_told = False
        self.last = Call.objects.get(pk=self.phone.call.pk)

    def teardown(self) -> None:
        """Whatever has happened: once Twilio's line is dead, looking after the call ends it."""
        self.phone.account.tells("completed")
        self.answer_was_told = True
        self.phone.sweep_until_over()
        self.the_call_is_sound()
        self.phone.forget()

    # --- what may happen ---

    @rule(reply=st.sampled_from(Reply), during=st.lists(STATUSES, max_size=2), answered=st.booleans())
    def dial(self, reply: Reply, during: list[str], answered: bool) -> None:
        def callbacks() -> None:
            for status in during:
                self.callback(status)
            if answered:
                self.voice()

        self.phone.dial(reply, callbacks)

    @rule(status=STATUSES)
    def callback(self, status: str) -> None:
        self.answer_was_told |= status in {"in-progress", "completed"}
        self.phone.status(status)

    @precondition(lambda self: self.last.call_sid is not None)
    @rule(status=STATUSES)
    def callback_of_another_call(self, status: str) -> None:
        self.phone.status(status, sid="CA" + "9" * 32)
        assert row_of(Call.objects.get(pk=self.phone.call.pk)) == row_of(self.last)

    @rule()
    def voice(self) -> None:
        self.answer_was_told = True
        self.phone.voice()

    @rule()
    def stream_error(self) -> None:
        self.phone.stream_error()

    @rule(ahead=st.sampled_from([0, 0, 0, 1, -1]), owner=st.sampled_from(["us", "them"]))
    def stream(self, ahead: int, owner: str) -> None:
        generation = self.last.stream_generation + ahead
        claimed = self.phone.stream(generation, owner)
        is_over = not self.last.is_live or self.last.state == State.ENDING or self.last.stop_requested_at
        assert (claimed is None) == bool(is_over or self.last.stream_claimed or ahead)
        assert self.phone.stream(generation, owner) is None
        if claimed is not None:
            self.answer_was_told = True
            self.fences.append(claimed.fence)

    @rule(data=st.data())
    def session_renews_its_stream(self, data: st.DataObject) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        if self.last.is_live and fence == self.last.fence:
            services.stream_renew(call_id=self.phone.call.pk, fence=fence)
        else:
            with pytest.raises(services.StaleOwnerError):
                services.stream_renew(call_id=self.phone.call.pk, fence=fence)

    @rule(data=st.data(), status=st.sampled_from(["stopped", "lost"]))
    def session_writes(self, data: st.DataObject, status: str) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        entries = [NewEvent(EventType.STREAM, {"status": status, "detail": ""})]
        if fence == self.last.fence:
            services.session_write(call_id=self.phone.call.pk, fence=fence, entries=entries)
        else:
            with pytest.raises(services.StaleOwnerError):
                services.session_write(call_id=self.phone.call.pk, fence=fence, entries=entries)

    @rule(reason=st.sampled_from(SESSION_ENDS))
    def session_ends(self, reason: str) -> None:
        self.phone.session_ends(reason)

    @rule(data=st.data(), state=st.sampled_from([Recording.State.FINISHED, Recording.State.TRUNCATED]))
    def recording_closes(self, data: st.DataObject, state: Recording.State) -> None:
        fence = data.draw(st.sampled_from([None, *self.fences]))
        close = partial(services.recording_close, call_id=self.phone.call.pk, duration_ms=900, fence=fence)
        close(state=state)
        assert not close(state=Recording.State.MISSING)

    @rule()
    def stop(self) -> None:
        self.phone.stop()

    @rule(status=STATUSES, after_s=st.sampled_from([0, 40, 130]))
    def sweep(self, status: str, after_s: int) -> None:
        self.phone.account.tells(status)
        self.answer_was_told |= status in {"in-progress", "completed"}
        self.phone.sweep(after_s)

    # --- what is always true ---

    @invariant()
    def the_call_is_sound(self) -> None:
        last, self.last = self.last, Call.objects.get(pk=self.phone.call.pk)
        self.goes_forward(last, self.last)
        self.has_one_end(self.last)
        self.tells_what_happened(self.last)
        assert self.phone.account.creates <= 1
        assert [record.getMessage() for record in self.log.records if record.levelno >= logging.ERROR] == []

    def goes_forward(self, last: Call, call: Call) -> None:
        assert RANK[call.state] >= RANK[last.state]
        if not last.is_live:
            assert row_of(call) == row_of(last)
        assert last.call_sid in {None, call.call_sid}
        assert call.fence >= last.fence
        assert self.answer_was_told or call.answered_at is None

    def has_one_end(self, call: Call) -> None:
        assert call.ended_reason in {"", *ENDED_REASONS}
        if call.state in TERMINAL:
            assert call.ended_at is not None
            assert call.ended_reason
            assert call.ended_detail
            assert (call.duration_seconds is not None) == (call.state == State.COMPLETED)
        else:
            assert (call.ended_at, call.duration_seconds) == (None, None)
        assert Task.objects.get(pk=call.task_id).status == STATUS[State(call.state)]

    def tells_what_happened(self, call: Call) -> None:
        events = list(CallEvent.objects.filter(call=call).values_list("seq", "type", "data"))
        assert [seq for seq, _, _ in events] == list(range(1, call.event_seq + 1))
        states = [data["state"] for _, type_, data in events if type_ == EventType.CALL_STATUS]
        ranks = [RANK[state] for state in states]
        assert ranks == sorted(set(ranks))
        assert states[-1] == call.state
        assert len(TERMINAL.intersection(states)) <= 1
        assert len([type_ for _, type_, _ in events if type_ == EventType.RECORDING]) <= 1


def row_of(call: Call) -> tuple[Any, ...]:
    """What stays as it is once a call is over."""
    return (call.state, call.ended_reason, call.ended_detail, call.answered_at, call.ended_at)


def test_no_order_breaks_a_call(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    run_state_machine_as_test(
        lambda: AnyOrder(account, caplog),  # type: ignore[arg-type]
        settings=settings(max_examples=40, stateful_step_count=16, deadline=None),
    )


REPORTS: dict[str, Callable[[Phone], object]] = {
    "initiated": lambda phone: phone.status("initiated"),
    "ringing": lambda phone: phone.status("ringing"),
    "in-progress": lambda phone: phone.status("in-progress"),
    "the voice webhook": Phone.voice,
    "a stream": Phone.stream,
    "a broken stream": Phone.stream_error,
    "the end of the session": lambda phone: phone.session_ends("agent_ended"),
    "a stop": Phone.stop,
    "the sweeper": lambda phone: phone.sweep(40),
}
TERMINAL_STATUS = {status: event for status, event in TWILIO_STATUS.items() if TABLE[event] in TERMINAL}


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, list[str], int]:
    """How a call really ended, what is reported in which order, and after how many reports our request is answered."""
    end = draw(st.sampled_from(sorted(TERMINAL_STATUS)))
    reports = draw(st.lists(st.sampled_from(sorted(REPORTS)), max_size=7))
    told = draw(st.integers(0, 2))  # 0: the last callback is lost, 2: it comes twice
    order = draw(st.permutations([*reports, *[end] * told]))
    return end, list(order), draw(st.integers(0, len(order)))


def test_every_order_ends_in_what_really_happened(account: Account) -> None:
    @settings(max_examples=300, deadline=None)
    @given(stories(), st.sampled_from([Reply.ACCEPTED, Reply.LOST]))
    def tell(story: tuple[str, list[str], int], reply: Reply) -> None:
        end, reports, answered_after = story
        phone = Phone(account)

        def report(names: list[str]) -> None:
            for name in names:
                if name == end:
                    account.tells(end)
                    phone.status(end)
                else:
                    REPORTS[name](phone)

        try:
            phone.dial(reply, lambda: report(reports[:answered_after]))
            report(reports[answered_after:])
            account.tells(end)
            phone.sweep_until_over()
            call = Call.objects.get(pk=phone.call.pk)
            duration_s = TALKED_S if end == "completed" else None
            assert (call.state, call.duration_seconds) == (TABLE[TERMINAL_STATUS[end]], duration_s)
            assert account.creates == 1
        finally:
            phone.forget()

    tell()
