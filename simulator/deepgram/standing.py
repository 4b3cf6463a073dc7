"""Who is on the line, by what was said: a person, a voice menu, a queue or a voicemail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from simulator.deepgram.conversation import Called, Conversation, Line
from simulator.deepgram.menus import Option, options
from simulator.ear import INAUDIBLE


class Speaker(Enum):
    """Whose words something was."""

    PERSON = auto()
    MENU = auto()
    HOLD = auto()
    VOICEMAIL = auto()


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_VOICEMAIL = _pattern(
    r"(?<!like to )(?<!want to )leave (?:a|your|me a|us a|your name and) (?:\w+ )?(?:message|name|number)",
    r"(?:after|at) the (?:tone|beep)",
    r"reached the (?:voice ?mail|mailbox|answering machine)",
    r"(?:can(?:'t|not)|not able to|unable to) (?:come to|take|answer) (?:the|your) (?:phone|call)",
)
_INVALID = _pattern(
    r"not a valid",
    "invalid",
    r"(?:did not|didn't|could not|couldn't) (?:get|understand|recogni[sz]e|hear)",
    r"not recogni[sz]ed",
    "try again",
)
_QUEUE = _pattern(
    r"(?:stay|remain) on the line",
    r"(?:agents|representatives|operators|advis[eo]rs|lines|specialists) are (?:all |currently |still )*busy",
    r"your call (?:is|will be) (?:very )?(?:important|answered)",
    r"(?:with|help|assist) you (?:shortly|soon|as soon as)",
    r"next available (?:agent|representative|operator|advis[eo]r|specialist|associate|person)",
    r"in the queue|estimated wait|waiting time",
    r"(?:transferr?(?:ing)?|connect(?:ing)?|put(?:ting)?) (?:you|your call) (?:through|to|now)",
    r"(?:transferring|connecting) you",
)
"""Words after which somebody else comes to the phone."""
_PLEASE_HOLD = _pattern(r"please (?:continue to )?hold(?! on\b)", r"hold,? please", "please wait")
_THANKS_FOR_WAITING = re.compile(
    r"thank(?:s| you) for (?:holding|waiting|your patience)[^.!?]*[.!]*", re.IGNORECASE
)
_MOMENT = _pattern(r"(?:one|just a|a) (?:moment|second|minute)", "hold on")
_OFFERS_HELP = _pattern(
    r"how (?:can|may) (?:i|we) (?:help|assist)", r"what can (?:i|we) do for", "my name is", "speaking"
)
_GREETS = _pattern("hello", "hi", "hey", r"good (?:morning|afternoon|evening)", r"this is(?! a)")


@dataclass(slots=True)
class Standing:
    """Where a call stands after a conversation."""

    speaker: Speaker = Speaker.PERSON
    """Who was understood last."""
    noise: bool = False
    """Whether the last thing heard was nothing but noise: music, a tone, lost audio."""
    with_person: list[Line | Called] = field(default_factory=list)
    """The conversation with the person who is on the line, without what machines said and heard."""
    holds: int = 0
    """Announcements heard since a person spoke."""
    menu: tuple[Option, ...] = ()
    """The choices offered last."""
    heard_menu: int = 0
    """How often these choices, or that none of them was made, were heard before."""
    fruitless: int = 0
    """How often any menu came again since a person spoke."""


def standing(conversation: Conversation) -> Standing:
    """Follow `conversation` from its beginning."""
    follower = _Follower()
    for item in conversation:
        if isinstance(item, Line) and item.role == "user":
            follower.hear(item)
        elif follower.now.speaker is Speaker.PERSON:
            follower.now.with_person.append(item)
    return follower.now


class _Follower:
    """Keeps the standing up to date, line by line."""

    def __init__(self) -> None:
        self.now = Standing()
        self._times_heard: dict[tuple[Option, ...], int] = {}
        self._somebody_else = False
        """Whether the next person to speak is another than the one before."""

    def hear(self, line: Line) -> None:
        words = line.text.replace(INAUDIBLE, "").strip()
        offered = options(words)
        self.now.noise = not words
        if not words:
            if self.now.speaker is Speaker.PERSON:
                self.now.with_person.append(line)
        elif offered:
            self._menu(offered)
        elif self.now.speaker is Speaker.MENU and _INVALID.search(words):
            self._menu(self.now.menu)
        elif _VOICEMAIL.search(words):
            self.now.speaker = Speaker.VOICEMAIL
            self._somebody_else = True
        elif self._is_hold(words):
            self._somebody_else |= self.now.speaker is Speaker.MENU or bool(_QUEUE.search(words))
            self.now.speaker = Speaker.HOLD
            self.now.holds += 1
        else:
            self._person(line)

    def _is_hold(self, words: str) -> bool:
        if _OFFERS_HELP.search(words):
            return False
        if self.now.speaker is Speaker.MENU and _MOMENT.search(words):
            return True
        if self.now.speaker is Speaker.HOLD and _THANKS_FOR_WAITING.fullmatch(words):
            return True
        return bool(_QUEUE.search(words) or _PLEASE_HOLD.search(words))

    def _menu(self, offered: tuple[Option, ...]) -> None:
        before = self._times_heard.get(offered, 0)
        self._times_heard[offered] = before + 1
        self.now.speaker = Speaker.MENU
        self.now.menu = offered
        self.now.heard_menu = before
        self.now.fruitless += before > 0
        self._somebody_else = True

    def _person(self, line: Line) -> None:
        introduces = _GREETS.search(line.text) or _OFFERS_HELP.search(line.text)
        if self._somebody_else or (self.now.speaker is Speaker.HOLD and introduces):
            self.now.with_person.clear()
        self._somebody_else = False
        self._times_heard.clear()
        self.now.speaker = Speaker.PERSON
        self.now.holds = self.now.fruitless = 0
        self.now.with_person.append(line)
