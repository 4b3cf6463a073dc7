"""The simulated agent's mind: what it does next, from the prompt it was given and the conversation so far.

Pure and deterministic: the same prompt, conversation and functions always give the same move. All it knows
comes from the labelled lines of the prompt (`facts.py`), so a call whose prompt lost something sounds like it.
"""

from __future__ import annotations

from simulator.deepgram.conversation import SILENCE, Call, Called, Conversation, Functions, Line, Move, say
from simulator.deepgram.ending import END_CALL, Ending, end, farewell
from simulator.deepgram.facts import Facts, read_facts, shorten
from simulator.deepgram.menus import preferred_keys
from simulator.deepgram.money import amounts
from simulator.deepgram.standing import Speaker, Standing, standing
from simulator.deepgram.talk import answer_person

MAX_MENU_TRIES = 4
MAX_HOLDS = 5
MAX_MESSAGES = 3
"""A voicemail that answers each message with more noise gets no further one."""

PRESS_KEYS = "press_keys"
WILL_CALL_AGAIN = "I will call again later."


def next_move(prompt: str, conversation: Conversation, functions: Functions) -> Move:
    """The move after the last item of `conversation`: the other side's words or a function's answer."""
    facts = read_facts(prompt)
    return _with_server_side(_discreet(_move(facts, conversation, functions), facts), conversation, functions)


def _move(facts: Facts, conversation: Conversation, functions: Functions) -> Move:
    now = standing(conversation)
    last = conversation[-1] if conversation else None
    ended = next((item for item in conversation if isinstance(item, Called) and item.name == END_CALL), None)
    if ended is not None and last is ended:
        return say(*farewell(ended.arguments.get("reason", "")))
    if now.speaker is Speaker.VOICEMAIL and isinstance(last, Line):
        return _leave_message(facts, conversation, functions, ended=ended is not None)
    if ended is not None:
        return say("Goodbye.")
    match now.speaker:
        case Speaker.MENU:
            pressed = isinstance(last, Called)
            return SILENCE if pressed or now.noise else _choose(facts, now, functions)
        case Speaker.HOLD:
            return end(Ending.HOLD, functions) if now.holds > MAX_HOLDS else SILENCE
    return answer_person(facts, now.with_person, functions)


def _choose(facts: Facts, now: Standing, functions: Functions) -> Move:
    """Press the key that fits best, and another one each time the menu comes again."""
    if now.fruitless >= MAX_MENU_TRIES:
        return end(Ending.MENU, functions)
    keys = preferred_keys(now.menu, facts.objective)
    key = keys[min(now.heard_menu, len(keys) - 1)]
    if PRESS_KEYS in functions:
        return Move(calls=(Call(PRESS_KEYS, {"keys": key}),))
    purpose = next((option.purpose for option in now.menu if option.key == key), "an agent")
    return say(f"{shorten(purpose).capitalize()}, please.")


def _leave_message(facts: Facts, conversation: Conversation, functions: Functions, *, ended: bool) -> Move:
    """Leave a message and end the call; once more when a tone or more greeting came into the first one."""
    if sum(isinstance(item, Line) and item.text == WILL_CALL_AGAIN for item in conversation) >= MAX_MESSAGES:
        return say("Goodbye.")
    whom = shorten(f"Hello, I am an AI assistant calling on behalf of {facts.principal or 'a client'}")
    message = (f"{whom}.", WILL_CALL_AGAIN)
    return say(*message, "Goodbye.") if ended else end(Ending.VOICEMAIL, functions, first=message)


def _discreet(move: Move, facts: Facts) -> Move:
    """`move` without any sentence that would tell the private limit."""
    if facts.walkaway is None or facts.walkaway == facts.target:
        return move
    kept = tuple(text for text in move.sentences if facts.walkaway not in amounts(text))
    if move.sentences and not kept:
        kept = ("I would like to talk about the account.",)
    return Move(kept, move.calls)


def _with_server_side(move: Move, conversation: Conversation, functions: Functions) -> Move:
    """`move` with the functions of the server beside its first call on the client, as models call several at once."""
    if not move.calls or any(isinstance(item, Called) for item in conversation):
        return move
    called = {call.name for call in move.calls}
    own = [Call(f.name) for f in functions.values() if f.endpoint is not None and f.name not in called]
    return Move(move.sentences, (*own, *move.calls))
