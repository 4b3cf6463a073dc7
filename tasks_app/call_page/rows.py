"""The markup of what a page has by the hundred: Django's template language would take a second for an hour's call.

Every value is escaped where it is put in, in `_rows`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from html import escape
from typing import Final

from django.utils.safestring import SafeString

from tasks_app.call_page.latency import Bar
from tasks_app.call_page.timeline import Line
from tasks_app.call_page.transcript import ShownTurn

Row = tuple[str, tuple[object, ...]]
"""A pattern, and the values that it takes."""

_TURN: Final = """\
<li class="turn" id="turn-{0}" data-turn="{0}" data-speaker="{1}" data-state="{2}" data-start-ms="{3}"
    data-end-ms="{4}">
  <p class="turn-meta"><b class="turn-who">{5}</b> <a class="turn-moment" href="#turn-{0}" data-seek="{3}">{6}</a>
    <span class="turn-answered" title="From the end of the callee's words to the first sound of the answer">{7}</span>
    <span class="turn-cut"><span aria-hidden="true">✂</span> cut off</span></p>
  <p class="turn-text"><span class="turn-heard">{8}</span><span class="visually-hidden turn-not"> Not heard: </span>\
<span class="turn-unheard">{9}</span></p>
</li>
"""
_WORDS: Final = """
  <span class="line-text">{3}<span class="line-detail">{4}</span></span>
</li>
"""
_LINE: Final = f"""\
<li class="line" data-seq="{{0}}" data-kind="{{1}}" data-at-ms="{{5}}">
  <span class="line-glyph" aria-hidden="true">{{2}}</span>
  <a class="line-moment" href="#t={{5}}" data-seek="{{5}}" title="{{7}}">{{6}}</a>{_WORDS}"""
_EARLY_LINE: Final = f"""\
<li class="line" data-seq="{{0}}" data-kind="{{1}}">
  <span class="line-glyph" aria-hidden="true">{{2}}</span>
  <time class="line-moment" datetime="{{6}}" title="{{5}}" data-clock>{{7}}</time>{_WORDS}"""
_BAR: Final = """\
<a href="#turn-{0}" data-seek="{1}" data-turn="{0}" aria-label="{2}"><title>{2}</title>\
<rect class="chart-hit" x="{3}" y="0" width="{4}" height="{5}"/>\
<rect class="chart-bar{6}" x="{3}" y="{7}" width="{4}" height="{8}" rx="2"/></a>
"""


def turn_rows(turns: Iterable[ShownTurn]) -> SafeString:
    """The turns of a transcript. `static/call/transcript.js` fills the same markup while a call is live."""
    return _rows(
        (
            _TURN,
            (
                *(turn.number, turn.speaker, turn.state, turn.start_ms, turn.end_ms, turn.who, turn.moment),
                f"answered after {turn.answered}" if turn.answered else "",
                *(turn.heard, turn.unheard),
            ),
        )
        for turn in turns
    )


def line_rows(lines: Iterable[Line]) -> SafeString:
    """The lines of a timeline; those from before the audio began have a time of day, and no moment to go to."""
    return _rows(map(_line, lines))


def bars(drawn: Iterable[Bar], *, width: int, base: int) -> SafeString:
    """The bars of the chart of waits, as SVG; each can be pointed at over the whole height down to `base`."""
    return _rows(
        (
            _BAR,
            (
                *(bar.turn, bar.start_ms, bar.words, bar.x, width, base),
                " chart-slow" if bar.is_slow else "",
                *(round(bar.y, 1), round(bar.height, 1)),
            ),
        )
        for bar in drawn
    )


def _line(line: Line) -> Row:
    when = line.timestamp.astimezone(dt.UTC)
    title = when.strftime("%Y-%m-%d %H:%M:%S UTC")
    words = (line.seq, line.kind, line.glyph, line.text, line.detail)
    if line.at_ms is None:
        return _EARLY_LINE, (*words, title, when.isoformat(), when.strftime("%H:%M:%S"))
    return _LINE, (*words, line.at_ms, line.moment, title)


def _rows(rows: Iterable[Row]) -> SafeString:
    return SafeString("".join(pattern.format(*map(escape, map(str, values))) for pattern, values in rows))
