"""The life of a call: its states, what moves it on, and nothing else.

All that decides a call's state is in this file. Rank only rises and a terminal state absorbs, so any order,
repetition or loss of reports from Twilio, from the media stream and from people ends in the same row.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a call is. The order of the members is their rank."""

    RESERVED = "reserved"  # the row exists, nothing was sent
    PLACING = "placing"  # the request to Twilio is on its way
    UNKNOWN = "unknown"  # the request may or may not have reached Twilio
    QUEUED = "queued"  # Twilio has it
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"  # answered
    ENDING = "ending"  # we are hanging up, or the other side has
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"


class Event(StrEnum):
    """What may be reported about a call, by whomever."""

    DIAL = "dial"
    DIAL_UNCONFIRMED = "dial_unconfirmed"
    QUEUE = "queue"
    RING = "ring"
    ANSWER = "answer"
    END = "end"
    COMPLETE = "complete"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAIL = "fail"
    CANCEL = "cancel"


TABLE: dict[Event, State] = {
    Event.DIAL: State.PLACING,
    Event.DIAL_UNCONFIRMED: State.UNKNOWN,
    Event.QUEUE: State.QUEUED,
    Event.RING: State.RINGING,
    Event.ANSWER: State.IN_PROGRESS,
    Event.END: State.ENDING,
    Event.COMPLETE: State.COMPLETED,
    Event.BUSY: State.BUSY,
    Event.NO_ANSWER: State.NO_ANSWER,
    Event.FAIL: State.FAILED,
    Event.CANCEL: State.CANCELED,
}

TERMINAL = frozenset({State.COMPLETED, State.BUSY, State.NO_ANSWER, State.FAILED, State.CANCELED})
LIVE = frozenset(State) - TERMINAL
ANSWERED = frozenset({State.IN_PROGRESS, State.COMPLETED})
"""The states that show that somebody answered. `ending` does not: a ringing call is ended too."""

_RANK = {state: rank for rank, state in enumerate(State)}

# Twilio's CallStatus, in callbacks and in REST (Twilio: Call resource, status values).
TWILIO_STATUS: dict[str, Event] = {
    "queued": Event.QUEUE,
    "initiated": Event.QUEUE,
    "ringing": Event.RING,
    "in-progress": Event.ANSWER,
    "completed": Event.COMPLETE,
    "busy": Event.BUSY,
    "no-answer": Event.NO_ANSWER,
    "failed": Event.FAIL,
    "canceled": Event.CANCEL,
}


def advance(state: State, event: Event) -> State:
    """The state after `event`. A late, repeated or lower-ranked report changes nothing."""
    target = TABLE[event]
    if state in TERMINAL or _RANK[target] <= _RANK[state]:
        return state
    return target


def states_before(event: Event) -> frozenset[State]:
    """The states that `event` moves on: the WHERE of a compare-and-set."""
    return frozenset(state for state in State if advance(state, event) != state)
