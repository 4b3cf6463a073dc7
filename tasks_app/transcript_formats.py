"""A transcript as SubRip (srt), WebVTT (vtt) and plain text (txt).

Subtitles show only what was heard: words that a barge-in cut off never sounded. The text marks them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from telephony.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Line:
    """One turn. Times are ms on the call clock; `heard` is what was really played, `text` what was meant."""

    speaker: Speaker
    text: str
    heard: str
    start_ms: int
    end_ms: int


def srt(lines: Iterable[Line]) -> str:
    """SubRip: numbered cues, CRLF-free, a comma before the milliseconds."""
    cues = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{line.speaker.shown_as}: {text}\n"
        for number, (line, text, start, end) in enumerate(_heard(lines), start=1)
    ]
    return "\n".join(cues)


def vtt(lines: Iterable[Line]) -> str:
    """WebVTT ("W3C: WebVTT", 4.1): voice spans name the speaker; `&`, `<` and `>` are escaped."""
    cues = [
        f"\n{_clock(start, '.')} --> {_clock(end, '.')}\n<v {line.speaker.shown_as}>{_escape(text)}\n"
        for line, text, start, end in _heard(lines)
    ]
    return "WEBVTT\n" + "".join(cues)


def txt(lines: Iterable[Line]) -> str:
    """One line a turn; what was not heard follows in brackets."""
    return "".join(
        f"[{_minutes(line.start_ms)}] {line.speaker.shown_as}: {_marked(line)}\n" for line in lines
    )


FORMATS: dict[str, tuple[Callable[[Iterable[Line]], str], str]] = {
    "srt": (srt, "application/x-subrip"),
    "vtt": (vtt, "text/vtt"),
    "txt": (txt, "text/plain"),
}
"""By name: what writes it, and its media type. All are UTF-8."""


def _heard(lines: Iterable[Line]) -> Iterable[tuple[Line, str, int, int]]:
    """The lines that sounded, in order, with a length that players show."""
    for line in sorted(lines, key=lambda line: line.start_ms):
        text = _one_line(line.heard)
        if text:
            yield line, text, line.start_ms, max(line.end_ms, line.start_ms + 1)


def _marked(line: Line) -> str:
    text, heard = _one_line(line.text), _one_line(line.heard)
    if heard == text:
        return text
    if text.startswith(heard):
        return f"{heard} [not heard: {text[len(heard) :].strip()}]".strip()
    return f"{heard} [meant: {text}]".strip()


def _one_line(text: str) -> str:
    """Without line breaks, which would end a cue, and without the arrow that begins one."""
    return " ".join(text.replace("-->", "→").split())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _minutes(ms: int) -> str:
    return f"{ms // 60_000:02}:{ms // 1000 % 60:02}"
