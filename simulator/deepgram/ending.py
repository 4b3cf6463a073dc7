"""How the simulated agent ends a call: why, in which situation, and with which last words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.deepgram.conversation import Call, Functions, Move

END_CALL = "end_call"


@dataclass(frozen=True, slots=True)
class _Ending:
    reason: str
    farewell: tuple[str, ...] = ("Thank you for your time.", "Goodbye.")
    situation: str = "finished"


class Ending(Enum):
    """Every way in which the agent ends a call by itself."""

    SETTLED = _Ending("settled", ("Thank you very much for your help.", "Goodbye."))
    NO_OFFER = _Ending(
        "no acceptable offer", ("I will have to think about it.", "Thank you for your time.", "Goodbye.")
    )
    NO_PROGRESS = _Ending("no progress")
    GOODBYE_HEARD = _Ending("the other side said goodbye")
    TOLD_TO = _Ending("the person I call for asked me to finish")
    NOT_HEARD = _Ending(
        "could not hear the other side", ("I am sorry, the line is too bad.", "I will try again.", "Goodbye.")
    )
    WRONG_NUMBER = _Ending("wrong number", ("I am sorry for the trouble.", "Goodbye."), "wrong_number")
    VOICEMAIL = _Ending("left a message on the voicemail", ("Goodbye.",), "voicemail_left")
    MENU = _Ending("the menu leads nowhere", ("Goodbye.",), "ivr_stuck")
    HOLD = _Ending("on hold for too long", ("Goodbye.",), "hold_timeout")


def end(
    ending: Ending, functions: Functions, *, first: tuple[str, ...] = (), also: tuple[Call, ...] = ()
) -> Move:
    """Say `first`, then end the call by its function, beside the calls `also`; without one, by words alone."""
    function = functions.get(END_CALL)
    if function is None:
        return Move((*first, *ending.value.farewell))
    arguments = {"reason": ending.value.reason}
    situations = function.parameters.get("situation")
    if situations is not None and (not situations or ending.value.situation in situations):
        arguments["situation"] = ending.value.situation
    return Move(first, (*also, Call(END_CALL, arguments)))


def farewell(reason: str) -> tuple[str, ...]:
    """The last words after the call was ended for `reason`."""
    known = (ending.value.farewell for ending in Ending if ending.value.reason == reason)
    return next(known, _Ending("").farewell)
